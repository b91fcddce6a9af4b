// A rule as libiptc holds it, read in place.
import CNetfilter
import FaultModel
import Glibc

/// Points into a table's snapshot: valid until the table is edited or freed.
struct EntryView {
    let base: UnsafeRawPointer
    let layout: EntryLayout

    var size: Int { Int(base.load(fromByteOffset: layout.nextOffset, as: UInt16.self)) }
    var counters: xt_counters { base.load(fromByteOffset: layout.counters, as: xt_counters.self) }
    var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: size)) }

    /// Where the target's name is.
    var targetName: Int { targetOffset + Extension.nameOffset }
    var targetOffset: Int { Int(base.load(fromByteOffset: layout.targetOffset, as: UInt16.self)) }

    /// Of the fault whose rule this is.
    var mark: MarkKey? { comment.flatMap { MarkKey(comment: $0) } }

    func hasComment(_ text: String) -> Bool { comment.map { strcmp($0, text) == 0 } ?? false }

    private var comment: UnsafePointer<CChar>? {
        info(of: "comment").map { (base + $0).assumingMemoryBound(to: CChar.self) }
    }

    /// The offset of `xt_time_info.date_stop`, where the rule has a time match.
    var datestop: Int? { info(of: "time").map { $0 + StructBytes.offset(of: \xt_time_info.date_stop) } }

    /// The offset of the parameters of the first match of this name.
    private func info(of name: StaticString) -> Int? {
        firstMatch { strcmp(base + $0 + Extension.nameOffset, name.utf8Start) == 0 }.map { $0 + Extension.headerSize }
    }

    /// The offset of the first match that the body, which is given offsets, says yes to.
    func firstMatch(where isWanted: (Int) -> Bool) -> Int? {
        var offset = layout.size
        while offset < targetOffset {
            if isWanted(offset) { return offset }
            let size = size(ofExtension: offset)
            guard size > 0 else { return nil }
            offset += size
        }
        return nil
    }

    /// Of a match or the target, with its header.
    func size(ofExtension offset: Int) -> Int { Int(base.load(fromByteOffset: offset, as: UInt16.self)) }
}
