// file.corrupt: bytes are saved, changed in place, and written back as far as they are still as we changed them.
import FaultModel

/// What each byte is changed by, from its place in the file: the same seed gives the same garbage.
struct ByteNoise {
    let seed: Int64

    /// Exclusive or: doing it twice gives back what was there, and no byte stays as it was.
    func applied(to bytes: [UInt8], at offset: Int64) -> [UInt8] {
        bytes.enumerated().map { index, byte in byte ^ mask(offset + Int64(index)) }
    }

    private func mask(_ place: Int64) -> UInt8 {
        var z = UInt64(bitPattern: seed) &+ UInt64(bitPattern: place) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return UInt8(truncatingIfNeeded: z >> 40) | 1
    }
}

struct FileCorruption: FileDeed {
    let steps: EffectSteps
    let store: UndoStore
    let fault: FaultID
    let index: Int
    let noise: ByteNoise

    /// So many bytes in a row that are as we made them are ours whatever is beside them: by chance they are not.
    private static let telling = 8
    /// Of each file, when it is looked at while the fault lasts.
    private static let looked = 16

    func apply(_ target: FileTarget) throws(Problem) {
        guard let file = try OpenFile.existing(target.path, writable: true), case let now = try file.status(), now.isSameFile(as: target.file),
            now.size == target.file.size
        else { throw Problem(.conflict, "\(target.path) was changed by somebody else at the same moment", hint: "try again") }
        try store.save(file, target, fault, index)
        guard let saved = try store.saved(fault, index) else { throw Problem(.internalError, "what was saved of \(target.path) is gone") }
        try eachChunk(target) { (place, position, count) throws(Problem) in
            let garbage = noise.applied(to: try saved.read(at: position, count), at: place)
            try steps("corrupt")
            try file.write(garbage[...], at: place)
        }
        try steps("sync")
        try file.sync()
        // As rotten bits: the file's time does not tell. It tells, later, whether somebody else has written.
        file.setTimes(of: target.file)
    }

    func revert(_ target: FileTarget) throws(Problem) -> RevertOutcome {
        guard let saved = try store.saved(fault, index) else { return RevertOutcome(.alreadyGone) }
        guard let file = try OpenFile.existing(target.path, writable: true), try file.status().isSameFile(as: target.file) else {
            let kept = try store.keepSaved(fault, index)
            return RevertOutcome(.superseded, notes: ["\(target.path) was removed or replaced by somebody else; what was changed is kept as \(kept)"])
        }
        let isUntouched = try file.status().modified == target.file.modified
        var (restored, foreign) = (false, 0)
        try eachChunk(target) { (place, position, count) throws(Problem) in
            let before = try saved.read(at: position, count)
            let there = try file.read(at: place, count)
            let (mended, others) = Self.mended(there, before, noise.applied(to: before, at: place))
            foreign += others
            guard mended != there else { return }
            try steps("mend")
            try file.write(mended[...], at: place)
            restored = true
        }
        guard foreign == 0 else {
            try file.sync()
            let kept = try store.keepSaved(fault, index)
            return RevertOutcome(
                .superseded,
                drift: ["\(foreign) of the changed bytes of \(target.path) were written by somebody else: what was there is kept as \(kept)"])
        }
        try steps("sync back")
        if isUntouched { file.setTimes(of: target.file) }
        try file.sync()
        try store.dropSaved(fault, index)
        return RevertOutcome(restored ? .restored : .alreadyGone)
    }

    /// What has to be there: our garbage becomes what was before, and what others wrote stays.
    /// - Returns: that, and how many bytes are others'.
    static func mended(_ there: [UInt8], _ before: [UInt8], _ garbage: [UInt8]) -> ([UInt8], others: Int) {
        var result = there
        let known = min(there.count, before.count)
        let strangers = (0..<known).count { there[$0] != before[$0] && there[$0] != garbage[$0] }
        if strangers == 0 { return (Array(before.prefix(known)) + there.dropFirst(known), before.count - known) }
        var start = 0
        while start < known {
            var end = start
            while end < known, there[end] == garbage[end] { end += 1 }
            if end - start >= telling { result.replaceSubrange(start..<end, with: before[start..<end]) }
            start = max(end, start + 1)
        }
        return (result, strangers)
    }

    /// - Parameter body: gets the place in the file, the one among what was saved, and how many bytes.
    private func eachChunk(_ target: FileTarget, _ body: (Int64, Int64, Int) throws(Problem) -> Void) throws(Problem) {
        var position: Int64 = 0
        for range in target.ranges {
            var done: Int64 = 0
            while done < range.length {
                let count = min(Int64(steps.chunk), range.length - done)
                try body(range.offset + done, position, Int(count))
                (done, position) = (done + count, position + count)
            }
        }
    }

    func observe(_ target: FileTarget) throws(Problem) -> (state: String, drift: String?) {
        guard let file = try OpenFile.existing(target.path), try file.status().isSameFile(as: target.file), let saved = try store.saved(fault, index)
        else { return ("gone", "was removed or replaced by somebody else") }
        var (position, healed): (Int64, Int) = (0, 0)
        for range in target.ranges.prefix(Self.looked) {
            let count = Int(min(range.length, Int64(steps.chunk)))
            let garbage = noise.applied(to: try saved.read(at: position, count), at: range.offset)
            if try file.read(at: range.offset, count) != garbage { healed += 1 }
            position += range.length
        }
        let state = "\(target.savedBytes) of \(target.file.size) bytes changed"
        return (state, healed == 0 ? nil : "was written to by somebody else in \(healed) of the changed places")
    }
}
