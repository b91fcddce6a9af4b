// file.permission: mode and owner are set, and set back as far as they are still ours.
import CLinux
import FaultModel
import Glibc

struct FileAccess: FileDeed {
    let steps: EffectSteps
    let mode: UInt32?
    let uid: UInt32?
    let gid: UInt32?

    /// What a change of owner takes away by itself (chown(2)).
    private static let privileged: UInt32 = 0o6000

    func apply(_ target: FileTarget) throws(Problem) {
        guard let file = try OpenFile.existing(target.path), try file.status().isSameFile(as: target.file) else {
            throw Problem(.conflict, "\(target.path) was replaced by somebody else at the same moment", hint: "try again")
        }
        try set(file, mode: mode, uid: uid, gid: gid)
        let now = try file.status()
        guard now.mode == (mode ?? now.mode), now.uid == (uid ?? now.uid), now.gid == (gid ?? now.gid) else {
            throw Problem(.noEffect, "the filesystem of \(target.path) does not keep mode and owner: it is \(Self.text(now))")
        }
    }

    private func set(_ file: OpenFile, mode: UInt32?, uid: UInt32?, gid: UInt32?) throws(Problem) {
        if uid != nil || gid != nil {
            try steps("chown")
            guard fchown(file.descriptor, uid ?? .max, gid ?? .max) == 0 else { throw .system("change the owner of \(file.path)", errno: errno) }
        }
        if let mode {
            try steps("chmod")
            guard fchmod(file.descriptor, mode) == 0 else { throw .system("change the mode of \(file.path)", errno: errno) }
        }
    }

    func revert(_ target: FileTarget) throws(Problem) -> RevertOutcome {
        let before = target.file
        guard let file = try OpenFile.existing(target.path), case let now = try file.status(), now.isSameFile(as: before) else {
            return RevertOutcome(.superseded, notes: ["\(target.path) was removed or replaced by somebody else"])
        }
        let outcome = AccessJudge(mode: mode, uid: uid, gid: gid).judge(now, before)
        guard outcome.isOurs else { return RevertOutcome(outcome.drift.isEmpty ? .alreadyGone : .superseded, drift: outcome.drift) }
        // The mode always with the owner, which takes bits of it away.
        try set(
            file, mode: outcome.keepsMode ? nil : before.mode, uid: outcome.restoresUID ? before.uid : nil,
            gid: outcome.restoresGID ? before.gid : nil)
        if let capability = target.capability {
            try steps("capability")
            try file.setCapability(capability)
        }
        try file.sync()
        return RevertOutcome(.restored, drift: outcome.drift)
    }

    func observe(_ target: FileTarget) throws(Problem) -> (state: String, drift: String?) {
        guard let file = try OpenFile.existing(target.path), case let now = try file.status(), now.isSameFile(as: target.file) else {
            return ("gone", "was removed or replaced by somebody else")
        }
        let isOurs = now.mode == (mode ?? now.mode) && now.uid == (uid ?? now.uid) && now.gid == (gid ?? now.gid)
        return (Self.text(now), isOurs ? nil : "is \(Self.text(now)): somebody else changed that")
    }

    static func text(_ file: FileStatus) -> String { "mode \(FileChange.octal(file.mode)), owner \(file.uid):\(file.gid)" }
}

/// Which of mode and owner are still as the fault set them.
struct AccessJudge {
    let mode: UInt32?
    let uid: UInt32?
    let gid: UInt32?

    struct Judgement {
        var restoresUID = false
        var restoresGID = false
        /// Somebody else has set it, or the fault never does.
        var keepsMode = false
        var drift: [String] = []
        var isOurs: Bool { restoresUID || restoresGID || !keepsMode }
    }

    func judge(_ now: FileStatus, _ before: FileStatus) -> Judgement {
        var judgement = Judgement()
        judgement.restoresUID = uid == now.uid && now.uid != before.uid
        judgement.restoresGID = gid == now.gid && now.gid != before.gid
        if now.uid != before.uid, uid != now.uid { judgement.drift.append("the owner of \(before.path) is \(now.uid) and was \(before.uid)") }
        if now.gid != before.gid, gid != now.gid { judgement.drift.append("the group of \(before.path) is \(now.gid) and was \(before.gid)") }
        let changesOwner = uid != nil || gid != nil
        // As ours, or as a change of owner alone leaves it.
        let isOurs = (mode.map { $0 == now.mode } ?? false) || (changesOwner && now.mode == before.mode & 0o1777)
        if now.mode == before.mode {
            judgement.keepsMode = !(judgement.restoresUID || judgement.restoresGID)
        } else if !isOurs {
            judgement.keepsMode = true
            judgement.drift.append("the mode of \(before.path) is \(FileChange.octal(now.mode)) and was \(FileChange.octal(before.mode))")
        }
        judgement.drift = judgement.drift.map { $0 + ": somebody else changed that" }
        return judgement
    }
}

extension OpenFile {
    private static let attribute = "security.capability"

    /// In hexadecimal; nil where the file has none.
    func capability() -> String? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fgetxattr(descriptor, Self.attribute, &bytes, bytes.count)
        return count > 0 ? bytes.prefix(count).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() : nil
    }

    func setCapability(_ text: String) throws(Problem) {
        let digits = text.compactMap(\.hexDigitValue).map(UInt8.init)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        guard fsetxattr(descriptor, Self.attribute, bytes, bytes.count, 0) == 0 else {
            throw .system("give \(path) its capabilities back", errno: errno)
        }
    }
}
