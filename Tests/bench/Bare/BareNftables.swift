// One nfnetlink transaction and nothing else: `nft add rule inet bare out tcp dport N drop`, and its deletion.
import Glibc

final class BareNftables: Contender {
    static let title = "one netlink transaction alone"
    let name = BareNftables.title
    private let socket: Int32
    private var sequence: UInt32 = 0
    private static let (table, chain) = ("bare", "out")

    /// In the network namespace of this thread, which gets a table for it.
    init() throws {
        let nft = try Tool("nft")
        try nft.run(["add table inet \(Self.table); add chain inet \(Self.table) \(Self.chain) { type filter hook output priority 0; }"])
        socket = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12 /* NETLINK_NETFILTER */)
        guard socket >= 0 else { throw Failure.system("open a netlink socket") }
    }

    deinit { close(socket) }

    func put(_ number: Int) throws {
        let port = UInt16(1024 + number % 60000)
        var body = NetlinkText()
        body.add(1, Self.table)  // NFTA_RULE_TABLE
        body.add(2, Self.chain)  // NFTA_RULE_CHAIN
        body.nest(4) { list in  // NFTA_RULE_EXPRESSIONS
            list.expression("meta") {
                $0.add(1, big: 1); $0.add(2, big: 16)
            }  // register 1 = l4proto
            list.expression("cmp") {
                $0.add(1, big: 1); $0.add(2, big: 0); $0.nest(3) { $0.add(1, [6]) }
            }  // == TCP
            list.expression("payload") {
                $0.add(1, big: 1); $0.add(2, big: 2); $0.add(3, big: 2); $0.add(4, big: 2)
            }  // transport header, 2 bytes at 2
            list.expression("cmp") {
                $0.add(1, big: 1); $0.add(2, big: 0); $0.nest(3) { $0.add(1, [UInt8(port >> 8), UInt8(port & 0xFF)]) }
            }
            list.expression("immediate") {
                $0.add(1, big: 0); $0.nest(2) { $0.nest(2) { $0.add(1, big: 0) } }
            }  // verdict: drop
        }
        try transaction(6, flags: 0x400 | 0x800, body)  // NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND
    }

    /// Every rule of the chain: there is one.
    func take(_ number: Int) throws {
        var body = NetlinkText()
        body.add(1, Self.table)
        body.add(2, Self.chain)
        try transaction(8, flags: 0, body)  // NFT_MSG_DELRULE
    }

    private func transaction(_ type: UInt16, flags: UInt16, _ body: NetlinkText) throws {
        sequence += 3
        let batch: [UInt8] = [0, 0, 0, 10]  // AF_UNSPEC, version 0, NFNL_SUBSYS_NFTABLES
        let bytes =
            NetlinkText.message(16, flags: 1, sequence, batch)  // NFNL_MSG_BATCH_BEGIN
            + NetlinkText.message(10 << 8 | type, flags: 1 | 4 | flags, sequence + 1, [1, 0, 0, 0] + body.bytes)  // NFPROTO_INET; wants an answer
            + NetlinkText.message(17, flags: 1, sequence + 2, batch)  // NFNL_MSG_BATCH_END
        guard send(socket, bytes, bytes.count, 0) == bytes.count else { throw Failure.system("send a transaction") }
        var answer = [UInt8](repeating: 0, count: 8192)
        let count = recv(socket, &answer, answer.count, 0)
        let error = count >= 20 ? answer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: Int32.self) } : -EIO
        if error != 0 { throw Failure("the kernel refused a transaction: \(String(cString: strerror(-error)))") }
    }
}

/// Netlink attributes, built up.
private struct NetlinkText {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ type: UInt16, _ value: [UInt8]) {
        bytes += Self.pair(UInt16(4 + value.count), type) + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    mutating func add(_ type: UInt16, _ text: String) { add(type, Array(text.utf8) + [0]) }
    mutating func add(_ type: UInt16, big value: UInt32) { add(type, withUnsafeBytes(of: value.bigEndian) { Array($0) }) }

    mutating func nest(_ type: UInt16, _ fill: (inout NetlinkText) -> Void) {
        var inner = NetlinkText()
        fill(&inner)
        add(type | 0x8000, inner.bytes)
    }

    mutating func expression(_ name: String, _ fill: (inout NetlinkText) -> Void) {
        nest(1) { element in
            element.add(1, name)
            element.nest(2, fill)
        }
    }

    static func message(_ type: UInt16, flags: UInt16, _ sequence: UInt32, _ body: [UInt8]) -> [UInt8] {
        let head = [UInt32(16 + body.count), UInt32(type) | UInt32(flags) << 16, sequence, 0]
        return head.flatMap { withUnsafeBytes(of: $0) { Array($0) } } + body
    }

    private static func pair(_ first: UInt16, _ second: UInt16) -> [UInt8] {
        [UInt8(first & 0xFF), UInt8(first >> 8), UInt8(second & 0xFF), UInt8(second >> 8)]
    }
}
