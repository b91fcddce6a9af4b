// What ends a fault without the daemon: foreseen before anything is touched, armed before every effect.
import FaultModel

/// What would hold the changes of a fault, and which of them nothing would.
struct Foresight {
    var backstop: Backstop?
    /// Mechanisms that need a backstop and have none here.
    var unheld: [String] = []

    var note: String? {
        guard !unheld.isEmpty else { return nil }
        return "no backstop on this node for \(unheld.joined(separator: ", ")): if the daemon dies, its restart or `faultd revert` ends the fault"
    }
}

extension Controller {
    /// Asks the host and touches nothing; refused where the policy wants a backstop and there would be none.
    func foresee(_ changes: [ChangeRecord], until deadline: Moment) async throws(Problem) -> Foresight {
        var found: [Backstop] = []
        var foresight = Foresight()
        for undo in changes.map(\.undo) {
            if let backstop = try await host.foresee(undo, until: deadline) {
                found.append(backstop)
            } else if undo.needsBackstop, !foresight.unheld.contains(undo.mechanism) {
                foresight.unheld.append(undo.mechanism)
            }
        }
        foresight.backstop = Backstop.joined(found)
        if policy.requireBackstop, let note = foresight.note { throw Self.noBackstop(note) }
        return foresight
    }

    /// Arms, and holds the host to what was foreseen.
    func armed(_ undo: Undo, until deadline: Moment) async throws(Problem) -> Backstop? {
        let backstop = try await host.arm(undo, until: deadline)
        if backstop == nil, undo.needsBackstop, policy.requireBackstop {
            throw Self.noBackstop("the backstop for \(undo.mechanism) could not be set up: nothing would end the fault if the daemon died")
        }
        return backstop
    }

    private static func noBackstop(_ detail: String) -> Problem {
        Problem(.noBackstop, detail, hint: "faultd.yaml has require_backstop: true; where systemd runs the node, every kind has a backstop")
    }

    // MARK: kinds

    /// What would hold each kind here, by what the node says of one undo of every mechanism.
    func outlooks() async -> (any FaultKind) -> BackstopOutlook {
        var seen: [Capability: BackstopOutlook] = [:]
        for capability in Capability.allCases { seen[capability] = await outlook(capability) }
        return { [seen] kind in BackstopOutlook.joined(kind.requires.compactMap { seen[$0] }) }
    }

    private func outlook(_ capability: Capability) async -> BackstopOutlook {
        let id = Self.freshID(at: clock.now().wall)
        let sample = Undo.sample(capability, id)
        guard sample.needsBackstop else { return BackstopOutlook(by: nil, detail: "nothing to take back") }
        do {
            guard let backstop = try await host.foresee(sample, until: clock.now()) else {
                return BackstopOutlook(by: nil, detail: Foresight(unheld: [capability.rawValue]).note ?? "")
            }
            let detail = backstop.detail.replacing(id.text, with: "ID").replacing(id.text.lowercased(), with: "ID")
            return BackstopOutlook(by: backstop.by, detail: detail)
        } catch {
            return BackstopOutlook(by: nil, detail: "none that could be foreseen: \(error.detail)")
        }
    }
}

extension Undo {
    /// An undo as the mechanism would prepare it, of nothing.
    fileprivate static func sample(_ capability: Capability, _ fault: FaultID) -> Undo {
        switch capability {
        case .netfilter: .packets(PacketUndo(fault: fault, rules: []))
        case .systemd: .units(UnitUndo(fault: fault, units: []))
        case .containerRuntime: .containers(ContainerUndo(fault: fault, action: .signal(.kill), targets: []))
        case .links: .links(LinkUndo(fault: fault, interface: "", index: 0, entries: [], bootID: ""))
        case .trafficControl, .netem:
            .traffic(
                TrafficUndo(
                    fault: fault, interface: "", index: 0, direction: .out, shape: .netem(NetemShape()), filters: 0, before: []))
        case .stressNG: .workers(WorkerUndo(fault: fault, workers: []))
        case .pidfd: .processes(ProcessUndo(fault: fault, action: .pause, targets: []))
        case .files: .files(FileUndo(fault: fault, act: .delete, targets: []))
        case .clock: .clock(ClockUndo(fault: fault, offset: 0, ahead: 0))
        case .power, .sysrq: .power(PowerUndo(fault: fault, act: .reboot, force: false, delay: 0, reasons: []))
        }
    }
}

extension BackstopOutlook {
    /// A kind that needs several mechanisms is held when each of them is.
    fileprivate static func joined(_ all: [BackstopOutlook]) -> BackstopOutlook {
        if let missing = all.first(where: { $0.by == nil }) { return missing }
        let at = Timestamp(milliseconds: 0)
        let joined = Backstop.joined(all.map { Backstop(by: $0.by ?? "", at: at, detail: $0.detail) })
        return BackstopOutlook(by: joined?.by, detail: joined?.detail ?? "nothing to take back")
    }
}
