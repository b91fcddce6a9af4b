// Packets that a rule hands to this process (`-j NFQUEUE`), and the word what becomes of each.
import CLinux
import FaultModel
import Glibc

/// One queue of this network namespace. The layouts are those of the kernel's include/uapi/linux/netfilter/nfnetlink_queue.h.
final class PacketQueue {
    enum Fate: UInt32 {
        case drop = 0
        case pass = 1
    }

    private let socket: Int32
    private let number: UInt16
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)

    private enum Netfilter {
        static let family: Int32 = 12
        /// NFNL_SUBSYS_QUEUE << 8, with NFQNL_MSG_PACKET, NFQNL_MSG_VERDICT and NFQNL_MSG_CONFIG.
        static let packet: UInt16 = 0x300
        static let verdict: UInt16 = 0x301
        static let config: UInt16 = 0x302
        /// NLM_F_REQUEST, and NLM_F_ACK.
        static let request: UInt16 = 1
        static let acknowledged: UInt16 = 4
        /// `struct nfgenmsg`.
        static let headSize = 4
    }

    /// - Throws: when somebody listens on that queue already, or the kernel has no queues.
    init(_ number: UInt16) throws(Problem) {
        self.number = number
        socket = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Netfilter.family)
        guard socket >= 0 else { throw .system("open a socket to netfilter", errno: errno) }
        // NFQA_CFG_CMD: bind.
        try configure([Self.attribute(1, [1, 0, 0, 0])])
        // NFQA_CFG_PARAMS: whole packets. NFQA_CFG_MASK and NFQA_CFG_FLAGS: what does not fit into the queue passes.
        try configure([
            Self.attribute(2, [0, 0, 0xFF, 0xFF, 2]), Self.attribute(4, [0, 0, 0, 1]), Self.attribute(5, [0, 0, 0, 1]),
        ])
        // NETLINK_NO_ENOBUFS: what was lost on the way here has passed.
        var one: Int32 = 1
        setsockopt(socket, NetlinkSocket.level, 5, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(socket) }

    /// Blocks for ever.
    func run(_ decide: (_ packet: [UInt8], _ interface: UInt32) -> Fate) -> Never {
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { continue }
            var fates: [(UInt32, Fate)] = []
            buffer.withUnsafeBytes { bytes in
                _ = Netlink.read(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { type, body in
                    guard type == Netfilter.packet, let (id, packet, interface) = Self.queued(body) else { return }
                    fates.append((id, decide(packet, interface)))
                }
            }
            for (id, fate) in fates { tell(id, fate) }
        }
    }

    /// NFQA_PACKET_HDR begins with the packet's id; NFQA_PAYLOAD is from the IP header on; NFQA_IFINDEX_INDEV or else NFQA_IFINDEX_OUTDEV.
    private static func queued(_ body: UnsafeRawBufferPointer) -> (UInt32, [UInt8], UInt32)? {
        var (id, packet, interface): (UInt32?, [UInt8], UInt32) = (nil, [], 0)
        for (type, value) in Netlink.attributes(Netlink.slice(body, Netfilter.headSize, body.count)) {
            let number = Netlink.load(UInt32.self, value).map(UInt32.init(bigEndian:))
            switch type {
            case 1: id = number
            case 5: interface = number ?? interface
            case 6 where interface == 0: interface = number ?? 0
            case 10: packet = Array(value)
            default: break
            }
        }
        return id.map { ($0, packet, interface) }
    }

    /// NFQA_VERDICT_HDR.
    private func tell(_ id: UInt32, _ fate: Fate) {
        let head = Self.bytes(fate.rawValue.bigEndian) + Self.bytes(id.bigEndian)
        let message = message(Netfilter.verdict, Netfilter.request, [Self.attribute(2, head)])
        _ = send(socket, message, message.count, 0)
    }

    private func configure(_ attributes: [[UInt8]]) throws(Problem) {
        let message = message(Netfilter.config, Netfilter.request | Netfilter.acknowledged, attributes)
        guard send(socket, message, message.count, 0) == message.count else { throw .system("ask for packet queue \(number)", errno: errno) }
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw .system("ask for packet queue \(number)", errno: errno) }
        let code = buffer.withUnsafeBytes { Netlink.read(UnsafeRawBufferPointer(rebasing: $0[..<count])) { _, _ in } }
        if let code, code != 0 { throw .system("bind packet queue \(number)", errno: code, hint: "another process may listen on it") }
    }

    private func message(_ type: UInt16, _ flags: UInt16, _ attributes: [[UInt8]]) -> [UInt8] {
        let body = [UInt8(AF_UNSPEC), 0] + Self.bytes(number.bigEndian) + attributes.joined()
        let length = UInt32(Netlink.headSize + body.count)
        return Self.bytes(length) + Self.bytes(type) + Self.bytes(flags) + [UInt8](repeating: 0, count: 8) + body
    }

    private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        let length = 4 + value.count
        return bytes(UInt16(length)) + bytes(type) + value + [UInt8](repeating: 0, count: Netlink.aligned(length) - length)
    }

    private static func bytes(_ number: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}
