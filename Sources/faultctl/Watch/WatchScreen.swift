// The live view as lines: leases counting down, what is seen of each fault, and the latest events.
import FaultModel

enum WatchScreen {
    /// - Returns: no more lines than the look has rows, none wider than it is.
    static func lines(_ model: WatchModel, at now: ContinuousClock.Instant, _ look: Look) -> [Styled] {
        let top = [title(model, look), status(model, look), ""] + faults(model, at: now, look)
        return (fit(top, look) + log(model, room: look.rows - top.count, look)).prefix(max(1, look.rows)).map { $0.cut(to: look.width ?? .max) }
    }

    /// Lines that the log takes with its heading and the empty line above; on a low screen it gets what is left.
    private static func leastLog(_ look: Look) -> Int { look.rows < 14 ? 0 : 5 }

    private static func fit(_ top: [Styled], _ look: Look) -> [Styled] {
        let room = max(1, look.rows - leastLog(look))
        guard top.count > room else { return top }
        return top.prefix(room - 1) + [Styled("… more than fits here: faultctl list", .warn)]
    }

    private static func log(_ model: WatchModel, room: Int, _ look: Look) -> [Styled] {
        let room = max(room, leastLog(look))
        guard room >= 3 else { return [] }
        return ["", Styled("LATEST EVENTS", .dim)] + events(model, look).suffix(room - 2)
    }

    private static func title(_ model: WatchModel, _ look: Look) -> Styled {
        let name = model.node.map { " \($0.version) on \($0.node)" } ?? ""
        let left: Styled = "\("faultd", .bold)\(name)"
        let right: Styled = "\(look.clock(look.now))  \("q quits", .dim)"
        return left.padded(to: (look.width ?? 80) - right.width) + right
    }

    private static func status(_ model: WatchModel, _ look: Look) -> Styled {
        if case .lost(let detail) = model.connection { return "\("Not connected:", .alarm) \(detail); trying again" }
        if case .opening = model.connection { return Styled("Connecting…", .dim) }
        let stuck = model.faults.filter { $0.state == .stuck }.count
        let open = model.faults.filter { !$0.state.isFinal }.count - stuck
        var parts = [Styled("\(Words.count(open, "fault")) in force")]
        if stuck > 0 { parts.append(Styled("\(stuck) stuck", .alarm)) }
        let drifting = model.faults.count(where: \.isDrifting)
        if drifting > 0 { parts.append(Styled("\(drifting) not wholly", .warn)) }
        if let halt = model.node?.halt, halt.halted {
            parts.append("\("HALTED", .alarm)\(halt.by.map { " by \($0.name)" } ?? "")\(halt.reason.map { ": \($0)" } ?? "")")
        }
        return parts.joined(separator: " · ")
    }

    private static func faults(_ model: WatchModel, at now: ContinuousClock.Instant, _ look: Look) -> [Styled] {
        let shown = model.shown(look)
        guard !shown.isEmpty else { return [Styled("No faults. They appear here as they are injected.", .dim)] }
        var table = Table(.init("ID"), .init("KIND", least: 10), .init("STATE"), .init("LEASE"), .init("SPEC", least: 10), .init("OWNER", least: 5))
        for fault in shown {
            let spec = SpecText.oneLine(fault.spec, schema: model.kinds.schema(of: fault.kind))
            table.add(
                Styled(fault.id.short, .bold), Styled(fault.kind), fault.stateStyled, lease(fault, model.remaining(fault, at: now), look),
                Styled(spec), Styled(fault.owner))
        }
        let lines = table.lines(width: look.width)
        return lines.prefix(1) + zip(shown, lines.dropFirst()).flatMap { [$1] + details($0, look) }
    }

    private static func lease(_ fault: FaultDocument, _ remaining: Duration, _ look: Look) -> Styled {
        switch fault.state {
        case .applying, .active: bar(remaining, of: fault.lease.duration.duration) + " \(whole(remaining)) left"
        case .reverting: Styled("ending", .warn)
        case .stuck: Styled("over", .alarm)
        case .reverted, .failed: FaultSummary.wasClean(fault) ? Styled("ended, clean", .good) : Styled("ended", .warn)
        }
    }

    private static let barWidth = 8

    private static func bar(_ remaining: Duration, of whole: Duration) -> Styled {
        let share = whole > .zero ? Double(remaining.milliseconds) / Double(max(1, whole.milliseconds)) : 0
        let full = min(barWidth, max(0, Int((share * Double(barWidth)).rounded(.up))))
        let paint: Paint = remaining < .seconds(10) ? .warn : .good
        return Styled(String(repeating: "█", count: full), paint) + Styled(String(repeating: "░", count: barWidth - full), .dim)
    }

    /// The display ticks by seconds, so tenths would only flicker.
    private static func whole(_ span: Duration) -> String { Duration.seconds((span.milliseconds + 999) / 1000).brief }

    private static func details(_ fault: FaultDocument, _ look: Look) -> [Styled] {
        let seen = EvidenceText.lines(fault.evidence, over: fault.state.isFinal, look).map { "  \("↳", .dim) \($0)" as Styled }
        let problems = (fault.error.map { ["  \("↳", .dim) \($0.detail, .bad)"] } ?? []) as [Styled]
        return seen + problems + fault.drift.map { "  \("↳", .dim) \("drift:", .warn) \($0)" }
    }

    private static func events(_ model: WatchModel, _ look: Look) -> [Styled] {
        guard !model.events.isEmpty else { return [Styled("None since this view was opened.", .dim)] }
        return model.events.map { EventText.line($0, look) }
    }
}
