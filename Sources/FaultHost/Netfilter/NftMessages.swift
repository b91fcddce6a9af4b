// Messages to nf_tables: numbers and layouts of the kernel's include/uapi/linux/netfilter/nf_tables.h and nfnetlink.h.
import FaultModel

/// Messages one after the other, each with its place for a sequence number, from 1.
struct NftMessages {
    /// NFT_MSG_*.
    enum Kind: UInt16 {
        case newTable = 0, getTable, deleteTable, newChain, getChain, deleteChain, newRule, getRule, deleteRule, newSet, getSet, deleteSet, newElement
        case getElement, deleteElement, newGeneration, getGeneration

        /// NFNL_SUBSYS_NFTABLES.
        static let subsystem: UInt16 = 10
        var type: UInt16 { Self.subsystem << 8 | rawValue }
    }

    /// NLM_F_*.
    struct Flags: OptionSet {
        var rawValue: UInt16
        static let request = Flags(rawValue: 0x1)
        /// The kernel says when it is done.
        static let acknowledge = Flags(rawValue: 0x4)
        /// The kernel says what it has made, with its handle.
        static let echo = Flags(rawValue: 0x8)
        /// Refused for what still holds something.
        static let ifEmpty = Flags(rawValue: 0x100)
        static let ifNew = Flags(rawValue: 0x200)
        static let create = Flags(rawValue: 0x400)
        static let dump = Flags(rawValue: 0x300)
    }

    /// NFPROTO_UNSPEC and NFPROTO_INET.
    static let anyFamily: UInt8 = 0
    static let inet: UInt8 = 1
    /// `struct nfgenmsg`: family (1 byte), version (1), for whom (2).
    static let headSize = 4

    private var body = NetlinkBody()
    private(set) var count: UInt32 = 0
    /// Where the last one is, and its flags.
    private var last: (start: Int, flags: Flags) = (0, [])

    var bytes: [UInt8] { body.bytes }

    mutating func add(_ kind: Kind, _ flags: Flags = [], family: UInt8 = inet, _ fill: (inout NetlinkBody) -> Void = { _ in }) {
        add(kind.type, flags.union(.request), [family, 0, 0, 0], fill)
    }

    private mutating func add(_ type: UInt16, _ flags: Flags, _ head: [UInt8], _ fill: (inout NetlinkBody) -> Void) {
        count += 1
        last = (body.bytes.count, flags)
        body.append(UInt32(0))
        body.append(type)
        body.append(flags.rawValue)
        body.append(count)
        body.append(UInt32(0))
        for byte in head { body.append(byte) }
        fill(&body)
        body.store(UInt32(body.bytes.count - last.start), at: last.start)
    }

    // MARK: - transactions

    /// NFNL_MSG_BATCH_BEGIN.
    /// - Parameter generation: the ruleset that it was made for; the kernel refuses it once there is another, whoever made that.
    static func transaction(on generation: UInt32?) -> NftMessages {
        var messages = NftMessages()
        messages.add(16, .request, [anyFamily, 0, 0, UInt8(Kind.subsystem)]) { body in
            if let generation { body.add(1, number: generation.bigEndian) }
        }
        return messages
    }

    /// Without an end the kernel checks all of it, loads what it needs, and puts nothing in force.
    mutating func end() {
        // The word of the last change stands for all.
        body.store(last.flags.union(.acknowledge).rawValue, at: last.start + 6)
        add(17, .request, [Self.anyFamily, 0, 0, UInt8(Kind.subsystem)]) { _ in }
    }
}
