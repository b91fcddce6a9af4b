// Files: the mechanism behind `Change.files`.
import CLinux
import FaultModel
import Glibc

/// Changes files and puts the originals back. What that needs is durable before anything is changed.
struct Files: Mechanism {
    let store: UndoStore
    private let steps: EffectSteps
    private let calls = DiskCalls()

    /// - Parameter state: faultd's state directory.
    init(state: String, steps: EffectSteps = EffectSteps()) {
        store = UndoStore(directory: state + "/undo", steps: steps)
        self.steps = steps
    }

    // MARK: verbs

    func prepare(_ change: FileChange, for fault: FaultID) async throws(Problem) -> FileUndo {
        try await DiskCalls.onThread("look at the files") { () throws(Problem) in
            var undo = FileUndo(fault: fault, act: change.act, targets: change.targets)
            try store.requireRoom(for: undo.targets.reduce(0) { $0 + $1.savedBytes })
            for index in undo.targets.indices { try Self.read(&undo.targets[index], change.act) }
            return undo
        }
    }

    /// The file as it is now, which must be the one that was planned with.
    private static func read(_ target: inout FileTarget, _ act: FileAct) throws(Problem) {
        guard let file = try OpenFile.existing(target.path, writable: act.keepsContent) else {
            throw Problem(.noMatch, "\(target.path) is gone since it was looked at")
        }
        let now = try file.status()
        guard now.isSameFile(as: target.file), !act.keepsContent || now.size == target.file.size else {
            throw Problem(.conflict, "\(target.path) was changed by somebody else while the fault was planned", hint: "try again")
        }
        target.file = now
        if case .permission = act { target.capability = file.capability() }
    }

    func apply(_ change: FileChange, undo: FileUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await calls.change("change the files", of: undo.fault) { () throws(Problem) in
            try store.write(.files(undo))
            for (index, target) in undo.targets.enumerated() {
                try deed(undo, index).apply(target)
            }
            return try seen(undo)
        }
    }

    func revert(_ undo: FileUndo) async throws(Problem) -> RevertOutcome {
        try await calls.change("put the files back", of: undo.fault) { () throws(Problem) in
            var report = FileReport()
            var failure: Problem?
            for (index, target) in undo.targets.enumerated() {
                do throws(Problem) { report.add(try deed(undo, index).revert(target)) } catch { failure = failure ?? error }
            }
            if let failure { throw failure }
            try store.drop(.files(undo))
            return report.outcome
        }
    }

    func observe(_ undo: FileUndo) async throws(Problem) -> Evidence {
        try await DiskCalls.onThread("look at the files") { () throws(Problem) in try seen(undo) }
    }

    private func seen(_ undo: FileUndo) throws(Problem) -> Evidence {
        var evidence = Evidence(observations: [], drift: [])
        for (index, target) in undo.targets.enumerated() {
            let (state, drift) = try deed(undo, index).observe(target)
            evidence.observations?.append(.init(target.path, state))
            if let drift { evidence.drift?.append("\(target.path) \(drift)") }
        }
        return evidence
    }

    private func deed(_ undo: FileUndo, _ index: Int) -> any FileDeed {
        switch undo.act {
        case .delete: FileDeletion(steps: steps, aside: FileUndo.aside(index, mark: undo.fault.mark))
        case .permission(let mode, let uid, let gid): FileAccess(steps: steps, mode: mode, uid: uid, gid: gid)
        case .truncate: FileTruncation(steps: steps, store: store, fault: undo.fault, index: index)
        case .corrupt(let seed): FileCorruption(steps: steps, store: store, fault: undo.fault, index: index, noise: ByteNoise(seed: seed))
        }
    }

    // MARK: what is left when the journal is lost

    func inventory() async throws(Problem) -> [Artefact] { store.artefacts("files", .files) }

    func remove(_ artefact: Artefact) async throws(Problem) {
        guard case .files(let undo) = try store.undo(in: artefact) else { return }
        _ = try await revert(undo)
    }

    /// Their timer is their only backstop: see `TimerBacked`.
    func foresee(_ undo: FileUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: FileUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func capabilities() async -> [CapabilityReport] {
        let isRoot = geteuid() == 0
        return [
            CapabilityReport(
                .files, available: isRoot, detail: isRoot ? "files of every owner" : "only files of uid \(geteuid())",
                remedy: isRoot ? nil : "run faultd as root")
        ]
    }
}

/// What is done to one file, and how it is undone.
protocol FileDeed {
    func apply(_ target: FileTarget) throws(Problem)
    func revert(_ target: FileTarget) throws(Problem) -> RevertOutcome
    /// How it is now, and what keeps the deed from being in force.
    func observe(_ target: FileTarget) throws(Problem) -> (state: String, drift: String?)
}

/// One outcome out of those of several files.
struct FileReport {
    private(set) var outcome = RevertOutcome(.alreadyGone)

    mutating func add(_ one: RevertOutcome) {
        outcome.notes += one.notes
        outcome.drift += one.drift
        if one.result == .superseded || (one.result == .restored && outcome.result == .alreadyGone) { outcome.result = one.result }
    }
}
