// The node's own end: the mechanism behind `Change.power`.
import CLinux
import FaultModel
import Glibc
import Synchronization

/// Has the node go down a moment after it was asked to, so that the answer still arrives. Until then it can be called off.
final class Power: Mechanism {
    private enum Stage {
        case waiting(Task<Void, Never>)
        /// The node was told to go down.
        case told
        case failed(Problem)
    }
    private let systemd: Systemd
    private let clock: any NodeClock
    private let stages = Mutex<[FaultID: Stage]>([:])

    init(systemd: Systemd, clock: any NodeClock) {
        self.systemd = systemd
        self.clock = clock
    }

    func prepare(_ change: PowerChange, for fault: FaultID) async throws(Problem) -> PowerUndo {
        let report = change.act == .crash ? Self.sysrq() : await manager()
        guard report.available else { throw Problem(.missingDependency, "\(report.detail)", hint: report.remedy) }
        return PowerUndo(fault: fault, act: change.act, force: change.force, delay: change.delay, reasons: Self.reasons(change.act))
    }

    private static func reasons(_ act: PowerAct) -> [String] {
        switch act {
        case .reboot: return ["every process on the node ends, and what ran by hand does not come back"]
        case .poweroff: return ["nothing on the node can turn it on again: somebody else has to"]
        case .crash:
            let seconds = SmallFile.line("/proc/sys/kernel/panic") ?? ""
            let after = seconds == "0" ? "kernel.panic is 0: the node hangs until somebody resets it" : "it boots again by kernel.panic=\(seconds)"
            return ["the kernel panics, and what is not on disk is lost; \(after)"]
        }
    }

    func apply(_ change: PowerChange, undo: PowerUndo, until deadline: Moment) async throws(Problem) -> Evidence {
        let at = clock.now() + .nanoseconds(undo.delay)
        guard at.boot < deadline.boot else {
            throw Problem(.leaseTooShort, "the lease is over before it would happen", hint: "take a longer lease, or a shorter delay")
        }
        let task = Task { [self] in
            do { try await clock.sleep(until: at.boot) } catch { return }
            guard
                stages.withLock({ stages in
                    // Whoever calls it off at this moment is either before us, or too late.
                    guard !Task.isCancelled, stages[undo.fault] != nil else { return false }
                    stages[undo.fault] = .told
                    return true
                })
            else { return }
            do throws(Problem) { try await happen(undo) } catch { stages.withLock { $0[undo.fault] = .failed(error) } }
        }
        stages.withLock { $0[undo.fault] = .waiting(task) }
        return Evidence(observations: [.init("node", "\(undo.act.rawValue) in \(Duration.nanoseconds(undo.delay).text)")])
    }

    private func happen(_ undo: PowerUndo) async throws(Problem) {
        switch undo.act {
        case .crash: try Self.crash()
        case .reboot, .poweroff: try await systemd.goDown(undo.act, force: undo.force)
        }
    }

    /// `echo c >/proc/sysrq-trigger`
    private static func crash() throws(Problem) { try SmallFile.write("c", to: trigger ?? triggers[0]) }

    /// Where faultd.service has /proc read-only (ProtectKernelTunables=), the first process has one that is not.
    private static let triggers = ["", NodesView.root].map { $0 + "/proc/sysrq-trigger" }
    private static var trigger: String? { triggers.first { access($0, W_OK) == 0 } }

    func revert(_ undo: PowerUndo) async throws(Problem) -> RevertOutcome {
        switch stages.withLock({ $0.removeValue(forKey: undo.fault) }) {
        case .waiting(let task):
            task.cancel()
            return RevertOutcome(.restored, notes: ["called off before it happened"])
        case .told:
            // Not undone, and never will be: it is over when the node has booted anew.
            stages.withLock { $0[undo.fault] = .told }
            throw Problem(.hostFailure, "the node was told to go down, and nothing calls that off")
        case .failed(let problem): return RevertOutcome(.alreadyGone, notes: ["it did not happen: \(problem.detail)"])
        case nil: return RevertOutcome(.alreadyGone, notes: ["it did not happen: faultd ended before it was time"])
        }
    }

    func observe(_ undo: PowerUndo) async throws(Problem) -> Evidence {
        stages.withLock { stages in
            switch stages[undo.fault] {
            case .waiting: Evidence(drift: [])
            case .told: Evidence(observations: [.init("node", "going down")], drift: [])
            case .failed(let problem): Evidence(observations: [.init("node", "up")], drift: ["the node did not go down: \(problem.detail)"])
            case nil: Evidence(observations: [.init("node", "up")], drift: ["nothing is left of the intention"])
            }
        }
    }

    func foresee(_ undo: PowerUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: PowerUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    // MARK: what the node has

    func capabilities() async -> [CapabilityReport] { [await manager(), Self.sysrq()] }

    private func manager() async -> CapabilityReport {
        let report = await systemd.capability()
        return CapabilityReport(.power, available: report.available, detail: report.detail, remedy: report.remedy)
    }

    /// In a pid namespace of its own, the kernel is somebody else's (its first one has this inode: include/linux/proc_ns.h).
    private static func sysrq() -> CapabilityReport {
        let isHost = SmallFile.link("/proc/self/ns/pid") == "pid:[4026531836]"
        let isOpen = trigger != nil
        let detail =
            !isHost
            ? "this node is a container: its kernel is that of its host" : isOpen ? "sysrq can be used" : "/proc/sysrq-trigger can't be written"
        return CapabilityReport(
            .sysrq, available: isHost && isOpen, detail: detail,
            remedy: isHost && isOpen ? nil : "run faultd on the machine itself, as root: there sysrq crashes what is meant")
    }
}

extension Systemd {
    /// `systemctl reboot`, which is the start of a target, or with `--force` the manager's own verb (org.freedesktop.systemd1(5)).
    func goDown(_ act: PowerAct, force: Bool) async throws(Problem) {
        let call =
            force
            ? BusCall(act == .reboot ? "Reboot" : "PowerOff")
            : BusCall("StartUnit", [.string("\(act.rawValue).target"), .string("replace-irreversibly")])
        _ = try await asking(to: "have the node go down") { () throws(BusError) in try await bus.call(call) }
    }
}
