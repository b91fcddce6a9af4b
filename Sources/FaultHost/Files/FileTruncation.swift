// file.truncate: the end is saved, cut off, and appended again.
import FaultModel
import Glibc

struct FileTruncation: FileDeed {
    let steps: EffectSteps
    let store: UndoStore
    let fault: FaultID
    let index: Int

    func apply(_ target: FileTarget) throws(Problem) {
        guard let file = try OpenFile.existing(target.path, writable: true), let range = target.ranges.first,
            case let now = try file.status(), now.isSameFile(as: target.file), now.size == target.file.size
        else { throw Problem(.conflict, "\(target.path) was changed by somebody else at the same moment", hint: "try again") }
        try store.save(file, target, fault, index)
        try steps("truncate")
        guard ftruncate(file.descriptor, off_t(range.offset)) == 0 else { throw .system("cut \(target.path) short", errno: errno) }
        try steps("sync")
        try file.sync()
        // So that it tells, later, whether somebody else has written.
        file.setTimes(of: target.file)
        guard try file.status().size == range.offset else { throw Problem(.noEffect, "\(target.path) was cut short and written to right away") }
    }

    func revert(_ target: FileTarget) throws(Problem) -> RevertOutcome {
        guard let saved = try store.saved(fault, index), let range = target.ranges.first else { return RevertOutcome(.alreadyGone) }
        guard let file = try OpenFile.existing(target.path, writable: true), try file.status().isSameFile(as: target.file) else {
            let kept = try store.keepSaved(fault, index)
            return RevertOutcome(.superseded, notes: ["\(target.path) was removed or replaced by somebody else; what was cut off is kept as \(kept)"])
        }
        let now = try file.status()
        guard try isOurs(file, now.size, saved, range) else {
            let kept = try store.keepSaved(fault, index)
            return RevertOutcome(.superseded, drift: ["\(target.path) was written to by somebody else: what was cut off is kept as \(kept)"])
        }
        let changed = try append(saved, to: file, range)
        try steps("sync back")
        if now.modified == target.file.modified { file.setTimes(of: target.file) }
        try file.sync()
        try store.dropSaved(fault, index)
        return RevertOutcome(changed || now.size < target.file.size ? .restored : .alreadyGone)
    }

    /// As we cut it, or with some of what was cut off there again: an earlier revert did not live to finish, or died before its blocks were
    /// written, and they read as zeros.
    private func isOurs(_ file: OpenFile, _ size: Int64, _ saved: OpenFile, _ range: FileRange) throws(Problem) -> Bool {
        guard size >= range.offset, size <= range.offset + range.length else { return false }
        var done: Int64 = 0
        while done < size - range.offset {
            let count = Int(min(Int64(steps.chunk), size - range.offset - done))
            let there = try file.read(at: range.offset + done, count)
            let wanted = try saved.read(at: done, count)
            guard zip(there, wanted).allSatisfy({ $0 == $1 || $0 == 0 }), there.count == count else { return false }
            done += Int64(count)
        }
        return true
    }

    private func append(_ saved: OpenFile, to file: OpenFile, _ range: FileRange) throws(Problem) -> Bool {
        var done: Int64 = 0
        var changed = false
        while done < range.length {
            let bytes = try saved.read(at: done, Int(min(Int64(steps.chunk), range.length - done)))
            guard !bytes.isEmpty else { throw Problem(.hostFailure, "\(saved.path) is shorter than what was saved in it") }
            if try file.read(at: range.offset + done, bytes.count) != bytes {
                try steps("append")
                try file.write(bytes[...], at: range.offset + done)
                changed = true
            }
            done += Int64(bytes.count)
        }
        return changed
    }

    func observe(_ target: FileTarget) throws(Problem) -> (state: String, drift: String?) {
        guard let file = try OpenFile.existing(target.path), case let now = try file.status(), now.isSameFile(as: target.file) else {
            return ("gone", "was removed or replaced by somebody else")
        }
        let wanted = target.ranges.first?.offset ?? 0
        return ("\(now.size) of \(target.file.size) bytes", now.size == wanted ? nil : "has \(now.size) bytes again: somebody else wrote to it")
    }
}
