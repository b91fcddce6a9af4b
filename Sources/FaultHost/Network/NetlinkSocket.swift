// One conversation with the kernel over netlink (netlink(7)), in the network namespace of the thread that begins it.
import CLinux
import FaultModel
import Glibc

/// What is sent: `struct nlmsghdr` and what follows it.
struct NetlinkMessage {
    var type: UInt16
    var flags: UInt16
    var body: [UInt8]

    var bytes: [UInt8] {
        var head = StructBytes(count: Netlink.headSize)
        head.set(UInt32(Netlink.headSize + body.count), at: 0)
        head.set(type, at: 4)
        head.set(flags, at: 6)
        return head.bytes + body
    }
}

final class NetlinkSocket {
    let file: Int32
    private let doing: String

    /// A kernel that answers takes milliseconds, for as many connections as fit into memory less than a second.
    static let patience = Duration.seconds(3)

    // SOL_NETLINK, and its options NETLINK_CAP_ACK, NETLINK_EXT_ACK and NETLINK_GET_STRICT_CHK.
    static let level: Int32 = 270
    private static let options: (shortAnswer: Int32, words: Int32, strict: Int32) = (10, 11, 12)

    /// - Parameter isStrict: the kernel heeds what a request's header says, and sends only that.
    init(_ family: Netlink.Family, _ doing: String, isStrict: Bool = false) throws(Problem) {
        self.doing = doing
        file = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), family.rawValue)
        guard file >= 0 else { throw .system(doing, errno: errno) }
        var limit = timeval(tv_sec: Int(Self.patience.components.seconds), tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        for (option, value) in [(Self.options.shortAnswer, 1), (Self.options.words, 1), (Self.options.strict, isStrict ? 1 : 0)] {
            var value = Int32(value)
            setsockopt(file, Self.level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    deinit { close(file) }

    func send(_ message: NetlinkMessage) throws(Problem) {
        let bytes = message.bytes
        guard Glibc.send(file, bytes, bytes.count, 0) == bytes.count else { throw .system(doing, errno: errno) }
    }

    /// Blocks until the kernel says that there is no more, and hands on each message before.
    func receive(_ each: (UInt16, UnsafeRawBufferPointer) -> Void = { _, _ in }) throws(Problem) {
        let answer = try answer(each)
        guard answer.code != 0 else { return }
        let words = answer.words.map { " (\($0))" } ?? ""
        throw Problem(.hostFailure, "could not \(doing): \(String(cString: strerror(answer.code)))\(words)")
    }

    /// The number of the error, 0 for none, and the kernel's own words for it.
    func answer(_ each: (UInt16, UnsafeRawBufferPointer) -> Void = { _, _ in }) throws(Problem) -> (code: Int32, words: String?) {
        let end = ContinuousClock.now + Self.patience
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(file, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno != EAGAIN { throw .system(doing, errno: errno) }
            guard count >= 0, ContinuousClock.now < end else {
                throw Problem(.timedOut, "could not \(doing): the kernel did not answer within \(Self.patience.text)")
            }
            let found = buffer.withUnsafeBytes { raw in
                let datagram = UnsafeRawBufferPointer(rebasing: raw[..<count])
                return Netlink.read(datagram, each).map { ($0, $0 == 0 ? nil : Self.words(datagram)) }
            }
            if let found { return found }
        }
    }

    /// NLMSGERR_ATTR_MSG behind the error's number and the head of what was asked.
    static func words(_ datagram: UnsafeRawBufferPointer) -> String? {
        let attributes = Netlink.attributes(Netlink.slice(datagram, 2 * Netlink.headSize + 4, datagram.count))
        return attributes.first { $0.type == 1 }.map { String(decoding: $0.value.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
