// Datagrams that hold answers to several questions, told apart by their sequence numbers.
import Glibc

extension Netlink {
    /// What `struct nlmsghdr` tells besides its length.
    struct Head {
        var type: UInt16
        var flags: UInt16
        var sequence: UInt32

        /// NLM_F_DUMP_INTR: what is listed changed meanwhile.
        var isTorn: Bool { flags & 0x10 != 0 }
        /// NLMSG_ERROR, which with 0 for a number is the word that all went well.
        var isError: Bool { type == 2 }
        /// NLMSG_DONE.
        var isEnd: Bool { type == 3 }
    }

    /// Each message of one datagram, netlink's own as well.
    static func eachMessage(_ datagram: UnsafeRawBufferPointer, _ each: (Head, UnsafeRawBufferPointer) -> Void) {
        var rest = datagram
        while let length = load(UInt32.self, rest).map(Int.init), length >= headSize, length <= rest.count,
            let type = load(UInt16.self, rest, at: 4), let flags = load(UInt16.self, rest, at: 6), let sequence = load(UInt32.self, rest, at: 8)
        {
            each(Head(type: type, flags: flags, sequence: sequence), slice(rest, headSize, length))
            rest = slice(rest, aligned(length), rest.count)
        }
    }

    /// The number of an error, 0 for none; what is too short to hold one is not understood.
    static func code(ofError body: UnsafeRawBufferPointer) -> Int32 { load(Int32.self, body).map { Int32(clamping: $0.magnitude) } ?? EBADMSG }
}
