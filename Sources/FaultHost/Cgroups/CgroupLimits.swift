// Limits in the control groups of containers: the mechanism behind `Change.cgroups`.
import CLinux
import FaultModel
import Glibc

struct CgroupLimits: Mechanism {
    let containers: Containers

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: CgroupUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: CgroupUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    /// Writing a limit on memory waits for the kernel to reclaim, so none of this is done on a thread of the pool.
    private func onThread<T: Sendable>(_ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        try await DiskCalls.onThread("set limits of containers", work)
    }

    // MARK: - what there is now

    func prepare(_ change: CgroupChange, for fault: FaultID) async throws(Problem) -> CgroupUndo {
        let pins = try await containers.pinned(change.targets)
        return try await onThread { () throws(Problem) in
            let device = try change.disk.map { (path) throws(Problem) in try Self.device(path) }
            var undo = CgroupUndo(fault: fault, settings: [])
            for pin in pins {
                let folders = try Self.folders(of: pin)
                for limit in change.limits {
                    let setting = try Self.setting(pin, limit, device, in: folders)
                    undo.settings.append(setting)
                    undo.outlook += Self.outlook(setting)
                }
            }
            return undo
        }
    }

    private static func setting(_ pin: ContainerPin, _ limit: CgroupLimit, _ device: String?, in folders: [String]) throws(Problem)
        -> CgroupUndo.Setting
    {
        for place in LimitPlace.all(limit.resource) {
            guard let folder = folders.first(where: { ControlGroups.exists("\($0)/\(place.file)") }),
                let inode = CgroupUndo.Setting.inode(of: folder)
            else { continue }
            var setting = CgroupUndo.Setting(
                container: pin, limit: limit, folder: folder, inode: inode, file: place.file,
                device: limit.resource.controller == "io" ? device : nil,
                key: place.key, before: "", ours: "\(place.value(limit, in: folder))")
            guard let before = setting.current() else { continue }
            setting.before = before
            if setting.isTightAlready {
                throw Problem(
                    .noEffect, "\(pin.title) may not use more than that already: \(setting.title) is \(before)", hint: "set a tighter limit")
            }
            return setting
        }
        throw Problem(
            .missingDependency,
            "\(pin.title) has no \(limit.resource.controller) controller in its control group, so nothing would enforce the limit",
            hint: "the kernel and the runtime must use it: see /sys/fs/cgroup/cgroup.controllers, and cgroup_disable= of the kernel")
    }

    /// The folders that are the container's own: what it shares with others must not be limited.
    private static func folders(of pin: ContainerPin) throws(Problem) -> [String] {
        let own = ControlGroups.folders(ofProcess: pin.pid).compactMap { folder -> String? in
            let parts = folder.split(separator: "/")
            return parts.firstIndex { $0.contains(pin.id) }.map { "/" + parts[...$0].joined(separator: "/") }
        }
        guard own.isEmpty else { return own }
        throw Problem(
            .missingDependency, "\(pin.title) has no control group of its own, so it can't be limited",
            hint: "its runtime was told not to make one (disable_cgroup, --cgroups=disabled), or runs on a node without controllers")
    }

    /// The whole disk that a device is, or that a path is on: limits are of disks, not of partitions.
    private static func device(_ path: String) throws(Problem) -> String {
        var (major, minor): (UInt32, UInt32) = (0, 0)
        // With PrivateDevices= our /dev has no disks, but the first process' has.
        guard faultd_block_device(path, &major, &minor) == 0 || faultd_block_device(NodesView.root + path, &major, &minor) == 0 else {
            throw .system("look at \(path)", errno: errno)
        }
        let folder = "/sys/dev/block/\(major):\(minor)"
        guard major > 0, ControlGroups.exists(folder) else {
            throw Problem(
                .impossible, "\(path) is on no disk of its own (an overlay, tmpfs or a network)", hint: "name a device such as /dev/sda",
                errors: [.init("spec.path", "is on no block device")])
        }
        let whole = ControlGroups.exists("\(folder)/partition") ? SmallFile.line("\(folder)/../dev") : nil
        return whole ?? "\(major):\(minor)"
    }

    private static func outlook(_ setting: CgroupUndo.Setting) -> [String] {
        guard setting.limit.resource == .memory, let usage = memory(setting), usage > setting.limit.value else { return [] }
        return [
            "\(setting.container.title) uses \(ByteSize(usage).rounded) and may use \(ByteSize(setting.limit.value).rounded): the kernel reclaims, and kills (OOM) where that is not enough"
        ]
    }

    private static func memory(_ setting: CgroupUndo.Setting) -> Int64? {
        ControlGroups.number("memory.current", "memory.usage_in_bytes", in: [setting.folder])
    }

    // MARK: - setting and putting back

    func apply(_ change: CgroupChange, undo: CgroupUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        try await onThread { () throws(Problem) in
            for setting in undo.settings {
                guard setting.current() != nil else { throw Problem(.noMatch, "\(setting.container.title): no longer running") }
                try Self.set(setting)
                let now = setting.current()
                guard now == setting.ours else {
                    throw Problem(.noEffect, "\(setting.title) was set to \(setting.ours) and is \(now ?? "gone")")
                }
            }
            return Self.evidence(undo)
        }
    }

    private static func set(_ setting: CgroupUndo.Setting) throws(Problem) {
        do { try setting.write(setting.ours) } catch {
            guard setting.limit.resource == .memory, let usage = memory(setting), usage > setting.limit.value / 2 else { throw error }
            throw Problem(
                .noEffect, "\(setting.container.title) uses \(ByteSize(usage).rounded): cgroup v1 refuses a limit below what can't be reclaimed",
                hint: "take a higher limit, or try again when the container uses less")
        }
    }

    func revert(_ undo: CgroupUndo) async throws(Problem) -> RevertOutcome {
        try await onThread { () throws(Problem) in
            var outcome = RevertOutcome(.alreadyGone)
            for setting in undo.settings.reversed() { try Self.restore(setting, &outcome) }
            return outcome
        }
    }

    private static func restore(_ setting: CgroupUndo.Setting, _ outcome: inout RevertOutcome) throws(Problem) {
        switch setting.current() {
        case nil: outcome.notes.append("\(setting.container.title) has ended, and its limit with it")
        case setting.before: break
        case setting.ours:
            try setting.write(setting.before)
            let now = setting.current()
            guard now == nil || now == setting.before else {
                throw Problem(.hostFailure, "\(setting.title) was put back to \(setting.before) and is \(now ?? "gone")")
            }
            outcome.result = .restored
        case .some(let other):
            outcome.drift.append("\(setting.title) was \(setting.before) before the fault and is \(other): somebody else set it, and it was left")
            if outcome.result == .alreadyGone { outcome.result = .superseded }
        }
    }

    func observe(_ undo: CgroupUndo) async throws(Problem) -> Evidence { try await onThread { () throws(Problem) in Self.evidence(undo) } }

    private static func evidence(_ undo: CgroupUndo) -> Evidence {
        var evidence = Evidence(observations: [], drift: [])
        for setting in undo.settings {
            let now = setting.current()
            evidence.observations?.append(.init(setting.title, now ?? "gone", figures: figures(setting)))
            if now == nil {
                evidence.drift?.append("\(setting.container.title) has ended: what runs in its place is not limited")
            } else if now != setting.ours {
                evidence.drift?.append("\(setting.title) is \(now ?? ""), not \(setting.ours): somebody else set it")
            }
        }
        return evidence
    }

    private static func figures(_ setting: CgroupUndo.Setting) -> [String: Int64]? {
        switch setting.limit.resource {
        case .cpu:
            let line = SmallFile.read("\(setting.folder)/cpu.stat")?.split(separator: "\n").first { $0.hasPrefix("nr_throttled ") }
            return line.flatMap { Int64($0.dropFirst("nr_throttled ".count)) }.map { ["throttled_periods": $0] }
        case .memory: return memory(setting).map { ["memory_bytes": $0] }
        case .pids: return ControlGroups.number("pids.current", "pids.current", in: [setting.folder]).map { ["tasks": $0] }
        case .read, .write, .readOperations, .writeOperations: return nil
        }
    }
}
