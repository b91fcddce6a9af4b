// What most mechanisms come to: something has a value, a fault sets another, and its end puts the first one back.
public import FaultModel

extension ModelNode {
    /// A value that a fault has set.
    struct Overlay: Sendable {
        var fault: FaultID
        var mechanism: String
        var key: String
        var value: String
        /// Whether a reboot leaves it there.
        var isLasting: Bool
    }

    var valuesOfSettings: [String: String] {
        var values = settings
        for overlay in overlays { values[overlay.key] = overlay.value }
        return values
    }

    mutating func set(_ values: [String: String], for undo: Undo) -> Evidence {
        let (fault, mechanism) = (undo.part.fault, undo.mechanism)
        overlays.removeAll { $0.fault == fault && values[$0.key] != nil }
        overlays += values.map { Overlay(fault: fault, mechanism: mechanism, key: $0.key, value: $0.value, isLasting: !undo.isForgottenByReboot) }
        return observedSettings(undo)
    }

    mutating func unset(_ undo: Undo) -> RevertOutcome {
        let before = overlays.count
        overlays.removeAll { $0.fault == undo.part.fault && $0.mechanism == undo.mechanism }
        timers[undo.modelTimer ?? ""] = nil
        return RevertOutcome(overlays.count < before ? .restored : .alreadyGone)
    }

    func observedSettings(_ undo: Undo) -> Evidence {
        let ours = overlays.filter { $0.fault == undo.part.fault && $0.mechanism == undo.mechanism }
        return Evidence(observations: ours.map { .init($0.key, $0.value) }, drift: [])
    }

    /// Sets up the timer of an undo that has one.
    mutating func arm(_ undo: Undo, until deadline: Moment) -> Backstop? {
        guard let name = undo.modelTimer, !losesBackstops || undo.mechanism == "units" else { return nil }
        // That of containers is not modelled: it would run `faultd revert`, which is the daemon's own code.
        if case .containers = undo { return hasSystemd ? Backstop(by: "systemd", at: deadline.wall, detail: "model") : nil }
        guard hasSystemd else { return nil }
        var timer = Timer(fault: undo.part.fault, until: deadline.boot)
        if case .units(let undo) = undo { timer.starts = undo.units.filter(\.wasActive).map(\.name) }
        if case .unitActs(let undo) = undo { timer.starts = undo.running.map(\.name) }
        timers[name] = timer
        return Backstop(by: "systemd", at: deadline.wall, detail: "model")
    }
}

extension Undo {
    /// The name of the transient timer that ends it; nil for what has no timer.
    public var modelTimer: String? {
        switch self {
        case .packets: nil
        case .units: "faultd-\(part.fault.text.lowercased())"
        // Stands for the daemon's memory: what is to come dies with it.
        case .power: "faultd-\(part.fault.text.lowercased())-\(mechanism)"
        default: needsBackstop ? "faultd-\(part.fault.text.lowercased())-\(mechanism)" : nil
        }
    }
}

extension Change {
    /// What it sets on the model node, by name; nil for mechanisms that the model has verbs of their own for.
    var modelSettings: [String: String]? {
        switch self {
        case .packets, .units, .unitActs, .containers, .sockets: nil
        case .traffic(let change): ["qdisc \(change.interface) \(change.direction.rawValue)\(Self.place(change.inside))": change.shape.text]
        case .links(let change): ["link \(change.interface)\(Self.place(change.inside))": "down"]
        case .workers(let change): Dictionary(change.workers.map { ("worker: \($0.summary)", "running") }) { first, _ in first }
        case .processes(let change): change.modelSettings
        case .files(let change): Dictionary(change.targets.map { ($0.path, "\(change.act) \($0.ranges.map(\.length))") }) { first, _ in first }
        case .disk(let change): [change.directory: "\(change.bytes) bytes taken"]
        case .clock(let change): ["wall clock": "\(change.offset) ns off"]
        case .cgroups(let change): change.modelSettings
        case .power(let change): ["node": "\(change.act.rawValue) to come"]
        case .unitFreezes(let change): Dictionary(uniqueKeysWithValues: change.units.map { ("freezer \($0)", "frozen") })
        case .unitOverrides(let change): change.modelFiles
        }
    }

    private static func place(_ inside: ContainerPin?) -> String { inside.map { " in \($0.name)" } ?? "" }
}
