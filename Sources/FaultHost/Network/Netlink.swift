// Asking the kernel for a list over netlink (netlink(7)).
import CLinux
import FaultModel
import Glibc

/// One question, answered by many messages.
struct NetlinkDump {
    var family: Netlink.Family
    /// Of the request.
    var type: UInt16
    var body: [UInt8]
    /// The kernel heeds what the request's header says, and sends only that.
    var isStrict = false

    static let patience = NetlinkSocket.patience

    /// Blocks until every message has been handed to `each`, or for as long as a socket waits.
    func run(_ doing: String, _ each: (UInt16, UnsafeRawBufferPointer) -> Void) throws(Problem) {
        let socket = try NetlinkSocket(family, doing, isStrict: isStrict)
        try socket.send(NetlinkMessage(type: type, flags: Netlink.dumpFlags, body: body))
        try socket.receive(each)
    }
}

/// The messages themselves: the layouts are those of the kernel's include/uapi/linux/netlink.h, whose headers no module here can show without
/// taking `struct stat` away from others. Nothing here reads beyond the bytes it was given, whatever they say.
enum Netlink {
    enum Family: Int32 {
        case route = 0
        case sockDiag = 4
        case netfilter = 12
    }

    /// `struct nlmsghdr`: length (4 bytes), type (2), flags (2), sequence (4), port (4).
    static let headSize = 16
    /// Types below 16 are netlink's own: NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE, NLMSG_OVERRUN.
    private enum Control: UInt16 { case nothing = 1, error, done, overrun }

    /// NLM_F_REQUEST and NLM_F_DUMP.
    static let dumpFlags: UInt16 = 0x301

    /// Hands on each message of one datagram.
    /// - Returns: nil when more is to come; otherwise the error's number, 0 for none.
    static func read(_ datagram: UnsafeRawBufferPointer, _ each: (UInt16, UnsafeRawBufferPointer) -> Void) -> Int32? {
        var rest = datagram
        while let length = load(UInt32.self, rest).map(Int.init), let type = load(UInt16.self, rest, at: 4) {
            guard length >= headSize, length <= rest.count else { return EBADMSG }
            let body = slice(rest, headSize, length)
            switch Control(rawValue: type) {
            case .error, .done: return Int32(clamping: (load(Int32.self, body) ?? 0).magnitude)
            case .overrun: return ENOBUFS
            case .nothing: break
            case nil: each(type, body)
            }
            rest = slice(rest, aligned(length), rest.count)
        }
        return rest.isEmpty ? nil : EBADMSG
    }

    /// `struct rtattr`, one after the other: type and value. Stops at the first that is no attribute.
    static func attributes(_ bytes: UnsafeRawBufferPointer) -> [(type: UInt16, value: UnsafeRawBufferPointer)] {
        var found: [(UInt16, UnsafeRawBufferPointer)] = []
        eachAttribute(bytes) {
            found.append(($0, $1))
            return true
        }
        return found
    }

    /// The same without a list of them, for as long as `each` wants more.
    static func eachAttribute(_ bytes: UnsafeRawBufferPointer, _ each: (UInt16, UnsafeRawBufferPointer) -> Bool) {
        var rest = bytes
        while let length = load(UInt16.self, rest).map(Int.init), let type = load(UInt16.self, rest, at: 2), length >= 4, length <= rest.count {
            guard each(type, slice(rest, 4, length)) else { return }
            rest = slice(rest, aligned(length), rest.count)
        }
    }

    static func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ bytes: UnsafeRawBufferPointer, at offset: Int = 0) -> T? {
        bytes.count >= offset + MemoryLayout<T>.size ? bytes.loadUnaligned(fromByteOffset: offset, as: T.self) : nil
    }

    static func slice(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[min(start, bytes.count)..<max(min(end, bytes.count), min(start, bytes.count))])
    }

    /// NLMSG_ALIGN and RTA_ALIGN.
    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}
