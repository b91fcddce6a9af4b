// What was observed of a fault, in sentences.
import FaultModel

enum EvidenceText {
    /// - Parameter over: the fault ended, and this is what was last seen of it.
    static func lines(_ evidence: Evidence, over: Bool = false, _ look: Look) -> [Styled] {
        var lines: [Styled] = []
        if let packets = evidence.packets { lines.append(line(packets, over)) }
        lines += (evidence.units ?? []).map { line($0, over) }
        lines += (evidence.containers ?? []).map { line($0, look) }
        lines += (evidence.observations ?? []).map(line)
        return lines + (evidence.notes ?? []).map { Styled($0) }
    }

    private static func line(_ packets: Evidence.Packets, _ over: Bool) -> Styled {
        let rules = Words.count(packets.rules, "rule")
        guard packets.hitPackets > 0 else { return "\(rules) in \(packets.backend), no packet hit\(over ? "" : " yet")" }
        return
            "\(rules) in \(packets.backend), \(Words.count(Int(clamping: packets.hitPackets), "packet"), .bold) hit (\(Words.size(packets.hitBytes)))"
    }

    private static func line(_ unit: Evidence.UnitState, _ over: Bool) -> Styled {
        let verb = over ? "was" : "is"
        guard let span = unit.selfHealedAfter else { return "\(unit.unit, .bold) \(verb) \(unit.state)" }
        return "\(unit.unit, .bold) \(verb) \(unit.state): \("it came up by itself", .warn) after \(span.duration.brief)"
    }

    /// `qdisc eth0, out: tbf rate 1mbit; packets 12, dropped packets 3`. A figure that is nothing yet says nothing.
    private static func line(_ observation: Evidence.Observation) -> Styled {
        let figures = (observation.figures ?? [:]).filter { $0.value != 0 }.sorted { $0.key < $1.key }
        let counted = figures.map { "\($0.key.replacing("_", with: " ")) \($0.value)" }.joined(separator: ", ")
        return "\(observation.subject, .bold): \(observation.state)\(counted.isEmpty ? "" : "; \(counted)")"
    }

    static func line(_ recovery: Evidence.Recovery, _ look: Look) -> Styled {
        let note = recovery.note.map { Styled(" (\($0))", .dim) } ?? ""
        return "\(recovery.name, .bold): \(outcome(recovery, look))\(note)"
    }

    private static func outcome(_ recovery: Evidence.Recovery, _ look: Look) -> Styled {
        let since = recovery.killedAt.map { look.now - $0 }
        let killed = since.map { $0 < .seconds(1) ? " just now" : " \($0.brief) ago" } ?? ""
        switch recovery.outcome {
        case .signalled: return Styled("sent the signal, still running", .warn)
        case .waiting: return "killed\(killed), \("not back yet", .warn)"
        case .restarted: return "\("runs again", .good)\(times(recovery)), same id \(short(recovery.oldID))"
        case .replaced:
            return "\("replaced", .good)\(times(recovery)), \(short(recovery.oldID)) → \(short(recovery.newID ?? "?"))\(renamed(recovery))"
        case .didNotComeBack: return Styled("did not come back", .bad)
        case .startedByFaultd: return "\("started again by faultd", .warn)\(times(recovery))"
        }
    }

    private static func times(_ recovery: Evidence.Recovery) -> String {
        let relaunch = recovery.relaunchTime.map { " after \($0.duration.brief)" } ?? ""
        return relaunch + (recovery.readyTime.map { ", healthy after \($0.duration.brief)" } ?? "")
    }

    private static func renamed(_ recovery: Evidence.Recovery) -> String {
        guard let name = recovery.newName, name != recovery.name else { return "" }
        return " \(name)"
    }

    static func short(_ id: String) -> String { String(id.prefix(12)) }
}

extension Evidence.Recovery {
    /// Nothing more is awaited of it.
    var isSettled: Bool {
        switch outcome {
        case .signalled, .waiting: false
        case .restarted, .replaced, .didNotComeBack, .startedByFaultd: true
        }
    }

    var isBack: Bool { outcome == .restarted || outcome == .replaced }
}
