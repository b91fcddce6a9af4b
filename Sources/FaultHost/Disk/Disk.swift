// Room on filesystems: the mechanism behind `Change.disk`.
import CLinux
import FaultModel
import Glibc

/// Takes up room by one file, and deletes it. Deleting needs no room, so a disk that is full is no hindrance.
struct Disk: Mechanism {
    let store: UndoStore
    let sights: DiskSights
    private let steps: EffectSteps
    private let calls = DiskCalls()
    /// A filesystem that can't allocate is written to for so long at most.
    private static let writeLimit = Duration.seconds(60)

    init(state: String, steps: EffectSteps = EffectSteps()) {
        store = UndoStore(directory: state + "/undo", steps: steps)
        sights = DiskSights(state: state)
        self.steps = steps
    }

    func prepare(_ change: DiskChange, for fault: FaultID) async throws(Problem) -> DiskUndo {
        try await DiskCalls.onThread("look at \(change.directory)") { () throws(Problem) in
            guard let (device, disk) = DiskSights.read(change.directory) else { throw Problem(.noMatch, "\(change.directory) is gone") }
            return DiskUndo(
                fault: fault, directory: change.directory, bytes: change.bytes, device: device, type: DiskSights.name(disk.type))
        }
    }

    func apply(_ change: DiskChange, undo: DiskUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await calls.change("fill \(change.directory)", of: undo.fault) { () throws(Problem) in
            try store.write(.disk(undo))
            try steps("make")
            let file = try OpenFile.new(undo.path)
            try steps("allocate")
            let way = try allocate(file, change.bytes)
            try file.sync()
            try OpenFile.directory(undo.directory)?.sync()
            try verify(undo, isShared: way == Self.shared)
            return try seen(undo, notes: [way].compactMap { $0 })
        }
    }

    /// `fallocate -l BYTES`; by writing where the filesystem knows no such thing, which takes as long as the disk is slow.
    /// - Returns: what a person should know of how it was done.
    private func allocate(_ file: OpenFile, _ bytes: Int64) throws(Problem) -> String? {
        if faultd_fallocate(file.descriptor, bytes) == 0 { return nil }
        switch errno {
        case EOPNOTSUPP, ENOSYS:
            try write(file, bytes)
            return "the filesystem can't allocate room at once: \(ByteSize(bytes).rounded) were written"
        case ENOSPC:
            // Somebody else was faster: then it is full by the two of us.
            guard let (_, disk) = DiskSights.read(file.path), disk.available > 0 else { return Self.shared }
            guard faultd_fallocate(file.descriptor, min(bytes, disk.available)) == 0 || errno == ENOSPC else {
                throw .system("allocate room in \(file.path)", errno: errno)
            }
            return Self.shared
        default: throw .system("allocate room in \(file.path)", errno: errno)
        }
    }

    private static let shared = "others took up some of the room meanwhile"

    /// A filesystem that compresses, or takes sparse files for full ones, is no fuller than before.
    private func verify(_ undo: DiskUndo, isShared: Bool) throws(Problem) {
        var raw = faultd_file_status()
        guard faultd_status_at(undo.path, &raw) == 0 else { throw Problem(.noEffect, "\(undo.path) was deleted right away") }
        guard isShared || raw.blocks * 512 >= undo.bytes / 10 * 9 else {
            throw Problem(.noEffect, "\(undo.path) takes up \(ByteSize(raw.blocks * 512).rounded) instead of \(ByteSize(undo.bytes).rounded)")
        }
    }

    private func write(_ file: OpenFile, _ bytes: Int64) throws(Problem) {
        // What no filesystem can compress.
        let noise = (0..<1 << 20).map { _ in UInt8.random(in: 0...255) }
        let end = monotonicNow() + Self.writeLimit.nanoseconds
        var done: Int64 = 0
        while done < bytes {
            guard monotonicNow() < end else {
                throw Problem(
                    .timedOut,
                    "only \(ByteSize(done).rounded) of \(ByteSize(bytes).rounded) were written to \(file.path) within \(Self.writeLimit.text)",
                    hint: "ask for less: this filesystem can't allocate room at once")
            }
            let count = Int(min(Int64(noise.count), bytes - done))
            try file.write(noise[..<count], at: done)
            done += Int64(count)
        }
    }

    func revert(_ undo: DiskUndo) async throws(Problem) -> RevertOutcome {
        try await calls.change("free \(undo.directory)", of: undo.fault) { () throws(Problem) in
            let outcome = try delete(undo)
            try store.drop(.disk(undo))
            return outcome
        }
    }

    private func delete(_ undo: DiskUndo) throws(Problem) -> RevertOutcome {
        try steps("unlink")
        if unlink(undo.path) == 0 { return RevertOutcome(.restored) }
        guard [ENOENT, ENOTDIR].contains(errno) else { throw .system("delete \(undo.path)", errno: errno) }
        // One in memory is gone with its mount.
        if undo.type == "tmpfs" || DiskSights.read(undo.directory)?.device == undo.device { return RevertOutcome(.alreadyGone) }
        return RevertOutcome(
            .superseded, drift: ["\(undo.directory) is not the filesystem it was: if that is still somewhere, \(undo.path) takes up room on it"])
    }

    func observe(_ undo: DiskUndo) async throws(Problem) -> Evidence {
        try await DiskCalls.onThread("look at \(undo.directory)") { () throws(Problem) in try seen(undo, notes: []) }
    }

    private func seen(_ undo: DiskUndo, notes: [String]) throws(Problem) -> Evidence {
        guard let (_, disk) = DiskSights.read(undo.directory) else { return Evidence(drift: ["\(undo.directory) is gone"]) }
        var raw = faultd_file_status()
        let isThere = faultd_status_at(undo.path, &raw) == 0
        let used = disk.total - disk.free
        let percent = used + disk.available > 0 ? Int((Double(used) / Double(used + disk.available) * 100).rounded(.up)) : 100
        let state = "\(percent)% full, \(ByteSize(disk.available).rounded) left"
        let figures = ["taken_bytes": isThere ? raw.blocks * 512 : 0, "left_bytes": disk.available]
        let drift = isThere ? (raw.size == 0 ? ["\(undo.path) was emptied by somebody else"] : []) : ["\(undo.path) was deleted by somebody else"]
        return Evidence(observations: [.init(undo.directory, state, figures: figures)], notes: notes.isEmpty ? nil : notes, drift: drift)
    }

    // MARK: what is left when the journal is lost

    func inventory() async throws(Problem) -> [Artefact] { store.artefacts("disk", .disk) }

    func remove(_ artefact: Artefact) async throws(Problem) {
        guard case .disk(let undo) = try store.undo(in: artefact) else { return }
        _ = try await revert(undo)
    }

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: DiskUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: DiskUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
}
