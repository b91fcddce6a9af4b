// Processes of the node: which there are, and the verbs of the host for them.
import FaultModel
import Glibc

/// The mechanism behind `Change.processes`.
struct Processes: Mechanism {
    let systemd: Systemd
    /// /proc of a node with thousands of processes takes tens of milliseconds to read.
    private let reader = DedicatedThread(name: "processes")

    init(systemd: Systemd) { self.systemd = systemd }

    /// Until SIGSTOP or SIGCONT shows: at once, but for a process that waits for a disk.
    static let settleLimit = Duration.seconds(2)
    /// From SIGKILL to the end, and from a signal that can be caught: long enough to see a process that ends by it.
    static let fatalEnd = Duration.seconds(5)
    static let otherEnd = Duration.milliseconds(300)

    func list() async throws(Problem) -> [NodeProcess] { try await reader.run { () throws(Problem) in try ProcessTable.list() } }

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: ProcessUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: ProcessUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func capabilities() async -> [CapabilityReport] {
        let isThere = ((try? PidFD(pid: getpid())) ?? nil) != nil
        return [
            CapabilityReport(
                .pidfd, available: isThere, detail: isThere ? "pidfd_open(2) works" : "the kernel has no pidfd_open(2)",
                remedy: isThere ? nil : "run Linux 5.3 or newer, and allow pidfd_open and pidfd_send_signal in faultd's seccomp filter")
        ]
    }

    // MARK: - pinning

    /// The processes as they are now, and the services that would end with them. Reads only.
    func prepare(_ change: ProcessChange, for fault: FaultID) async throws(Problem) -> ProcessUndo {
        var undo = ProcessUndo(fault: fault, action: change.action, targets: [])
        for pin in change.targets {
            let stat = try Self.present(pin)
            try Self.requireTouchable(pin, stat)
            if change.action == .pause, stat.isStopped { continue }
            undo.targets.append(pin)
        }
        guard !undo.targets.isEmpty else { throw Problem(.noEffect, "all of them are stopped already, so nothing would change") }
        guard change.action != .pause else { return undo }
        for index in undo.targets.indices { await note(&undo.targets[index], &undo.units, fault) }
        return undo
    }

    /// What supervises it, if that can be started again; else nothing does.
    private func note(_ pin: inout ProcessPin, _ units: inout [UnitSnapshot], _ fault: FaultID) async {
        guard let name = pin.unit else { return }
        if !units.contains(where: { $0.name == name }), let unit = try? await snapshot(name, fault), unit.wasActive { units.append(unit) }
        if units.contains(where: { $0.name == name }) { pin.supervisor = name } else { pin.unit = nil }
    }

    /// Refused for units that could not be started again.
    func snapshot(_ unit: String, _ fault: FaultID) async throws(Problem) -> UnitSnapshot? {
        try await systemd.prepare(UnitChange(units: [], triggers: [], dependents: [unit]), for: fault).units.first
    }

    static func present(_ pin: ProcessPin) throws(Problem) -> ProcessTable.Stat {
        guard let stat = ProcessTable.stat(pin.pid), stat.startTicks == pin.startTicks, stat.isLive else {
            throw Problem(.noMatch, "process \(pin.title) has ended meanwhile, so nothing was touched", hint: "list what runs and try again")
        }
        return stat
    }

    /// The second net below planning: these would take down the node, or the daemon that must undo the fault.
    static func requireTouchable(_ pin: ProcessPin, _ stat: ProcessTable.Stat) throws(Problem) {
        guard pin.pid > 1, !stat.isKernel, !ProcessTable.ownLine().contains(pin.pid) else {
            throw Problem(.protectedTarget, "process \(pin.title) is protected: the node or faultd would end with it")
        }
    }
}
