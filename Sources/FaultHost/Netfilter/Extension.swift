// Matches and targets as the kernel stores them.
import CNetfilter

/// A match or a target with its parameters: xt_entry_match and xt_entry_target have one layout.
struct Extension: Hashable {
    var name: String
    var revision: UInt8 = 0
    /// The structure of the extension, such as xt_multiport_v1.
    var info: [UInt8]

    /// A header of 32 bytes (size, name, revision), then the parameters, both padded to a multiple of 8.
    var bytes: [UInt8] {
        let header = Self.aligned(MemoryLayout<xt_entry_match>.size)
        var result = StructBytes(count: header + Self.aligned(info.count))
        result.set(UInt16(result.bytes.count), at: 0)
        result.set(each: Self.nameBytes(name), at: Self.nameOffset)
        result.set(revision, at: Self.revisionOffset)
        result.set(each: info, at: header)
        return result.bytes
    }

    static let headerSize = aligned(MemoryLayout<xt_entry_match>.size)
    /// After the u16 of the size.
    static let nameOffset = 2
    /// Bytes of a name without its zero.
    static let longestName = Int(XT_EXTENSION_MAXNAMELEN) - 1
    static let revisionOffset = nameOffset + Int(XT_EXTENSION_MAXNAMELEN)

    /// A name as a header holds it, zeros to the end.
    static func nameBytes(_ name: String) -> [UInt8] {
        let text = Array(name.utf8.prefix(longestName))
        return text + [UInt8](repeating: 0, count: longestName + 1 - text.count)
    }

    /// XT_ALIGN, which Swift does not import.
    static func aligned(_ size: Int) -> Int { (size + 7) & ~7 }
}
