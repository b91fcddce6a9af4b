// The transient timer that starts the units again when nobody else does.
import FaultModel

extension Systemd {
    func foresee(_ undo: UnitUndo, until deadline: Moment) async throws(Problem) -> Backstop? { try await foresee(undo.timer, until: deadline) }
    func arm(_ undo: UnitUndo, until deadline: Moment) async throws(Problem) -> Backstop? { try await arm(undo.timer, until: deadline) }

    private static let accuracy = Duration.milliseconds(1)
    /// For the `faultd revert` that the service runs.
    private static let revertLimit = Duration.seconds(600)

    /// `systemd-run --on-active=REMAINING --unit=faultd-ID`, except that systemd-run knows no `Wants=` for the service alone.
    /// - Returns: nil, with nothing armed, where it would do nothing.
    func arm(_ timer: BackstopTimer, until deadline: Moment) async throws(Problem) -> Backstop? {
        guard await wouldHold(timer) else { return nil }
        let fires = deadline + settings.grace
        let time = Duration.nanoseconds(monotonicNow()) + fires.since(now())
        let names = timer.names
        let armed = try await asking(to: "look for the backstop timer") { () throws(BusError) in try await timers(of: timer) }
        let next = names.first { !armed.contains($0) } ?? names[1]
        // Both are there only when we died between the two steps of a renewal. The first one holds meanwhile.
        if armed.contains(next) { try await stop(timer: next) }
        try await start(next, timer, at: time)
        for old in armed where old != next { try await stop(timer: old) }
        return Self.backstop(next, timer, at: fires)
    }

    /// What `arm` would say the first time; nil where no manager answers, as in a container that is no system of its own, or where it would do nothing.
    func foresee(_ timer: BackstopTimer, until deadline: Moment) async throws(Problem) -> Backstop? {
        do {
            _ = try await asking(to: "look for a service manager") { () throws(BusError) in try await startOfManager() }
        } catch {
            if error.type == .missingDependency { return nil }
            throw error
        }
        guard await wouldHold(timer) else { return nil }
        return Self.backstop(timer.name, timer, at: deadline + settings.grace)
    }

    private static func backstop(_ name: String, _ timer: BackstopTimer, at fires: Moment) -> Backstop {
        let units = timer.starts.joined(separator: ", ")
        let acts = units.isEmpty ? timer.stops.isEmpty ? "runs faultd revert" : "stops \(timer.stops.joined(separator: ", "))" : "starts \(units)"
        return Backstop(by: "systemd", at: fires.wall, detail: "\(name).timer \(acts)")
    }

    /// Stops both timers and checks that they are gone. A service of theirs that runs just now is left to end: it may be our caller.
    func disarm(_ timer: BackstopTimer) async throws(Problem) {
        let armed = try await asking(to: "look for the backstop timer") { () throws(BusError) in try await timers(of: timer) }
        for name in armed { try await stop(timer: name) }
        let left = try await asking(to: "look for the backstop timer") { () throws(BusError) in try await timers(of: timer) }
        if let name = left.first { throw Problem(.hostFailure, "the backstop \(name).timer is still there after it was stopped") }
    }

    /// Which of the fault's timers are loaded and not ended, without their suffix.
    func timers(of timer: BackstopTimer) async throws(BusError) -> [String] {
        let wanted = BusValue.strings(timer.names.map { $0 + ".timer" })
        return try await listed("ListUnitsByPatterns", [.strings([]), wanted]).filter(\.isActive).map { String($0.name.dropLast(6)) }
    }

    func stop(timer name: String) async throws(Problem) {
        let ends = await bus.run([BusCall("StopUnit", [.string(name + ".timer"), .string("replace")])], limit: settings.callLimit)
        try await asking(to: "stop the backstop \(name).timer") { () throws(BusError) in
            for end in ends {
                if case .failure(let error) = end, error.name != BusError.Name.noSuchUnit { throw error }
            }
        }
    }

    /// - Parameter time: on CLOCK_MONOTONIC.
    func start(_ name: String, _ timer: BackstopTimer, at time: Duration) async throws(Problem) {
        let sinceStart = try await asking(to: "read when systemd started") { () throws(BusError) in time - (try await startOfManager()) }
        let service = BusValue.structure([.string(name + ".service"), Self.properties(serviceProperties(timer))])
        let call = BusCall(
            "StartTransientUnit",
            [
                .string(name + ".timer"), .string("fail"), Self.properties(timerProperties(timer, at: sinceStart)),
                .array(of: "(sa(sv))", [service]),
            ])
        for end in await bus.run([call], limit: settings.callLimit) {
            try await asking(to: "set up the backstop \(name).timer") { () throws(BusError) in
                do throws(BusError) { _ = try end.get() } catch {
                    // The connection broke after the manager had done it, and the call was made again.
                    guard error.name == BusError.Name.unitExists, try await timers(of: timer).contains(name) else { throw error }
                }
            }
        }
        let isThere = try await asking(to: "look for the backstop timer") { () throws(BusError) in try await timers(of: timer).contains(name) }
        if !isThere { throw Problem(.hostFailure, "the backstop \(name).timer was set up and is not there") }
    }

    /// On CLOCK_MONOTONIC, the zero of `OnStartupSec=`.
    private func startOfManager() async throws(BusError) -> Duration {
        let reply = try await bus.call(BusCall(property: "UserspaceTimestampMonotonic"))
        return .microseconds(Int64(clamping: reply.first?.unwrapped.number ?? 0))
    }

    /// `OnActiveSec=` would be the obvious choice, but up to systemd 253 every `daemon-reload` starts its countdown anew. `OnStartupSec=` is a
    /// fixed point on CLOCK_MONOTONIC: neither a reload nor a wall clock that jumps moves it, and one that passed during a reload fires
    /// right after. A suspended node delays it; waking it up only to start units on it would be more than anybody asked for, so
    /// `WakeSystem=` stays off.
    private func timerProperties(_ timer: BackstopTimer, at sinceStart: Duration) -> [(String, BusValue)] {
        let microseconds = UInt64(max(1, sinceStart.nanoseconds / 1000))
        return common(timer, "timer that ends") + [
            ("TimersMonotonic", .array(of: "(st)", [.structure([.string("OnStartupSec"), .uint64(microseconds)])])),
            ("AccuracyUSec", .uint64(UInt64(Self.accuracy.nanoseconds / 1000))),
            ("RemainAfterElapse", .bool(false)),
        ]
    }

    /// `Wants=` alone brings the units back, with no program of ours. It neither waits for them nor fails with them: a unit that is masked,
    /// gone or in conflict is left out and the others start.
    private func serviceProperties(_ timer: BackstopTimer) -> [(String, BusValue)] {
        let command = settings.revertCommand.isEmpty ? ["/bin/true"] : settings.revertCommand + ["--fault", timer.fault.text]
        return common(timer, "end of") + [
            ("Type", .string("oneshot")),
            // Not the loader's name, which runs a copy.
            ("SyslogIdentifier", .string("faultd")),
            ("Wants", .strings(timer.starts)),
            ("Conflicts", .strings(timer.stops)),
            // A command that is not there or fails is no failure.
            ("ExecStart", Self.executions(timer.commands + [command], mayFail: true)),
            ("TimeoutStartUSec", .uint64(UInt64(Self.revertLimit.nanoseconds / 1000))),
        ]
    }

    /// No default dependencies: starting the service must not drag sysinit.target's wants along, nor may it happen during a shutdown.
    private func common(_ timer: BackstopTimer, _ what: String) -> [(String, BusValue)] {
        [
            ("Description", .string("faultd: \(what) fault \(timer.fault.text) if faultd does not")),
            ("DefaultDependencies", .bool(false)),
            ("Conflicts", .strings(["shutdown.target"])),
            ("Before", .strings(["shutdown.target"])),
            ("CollectMode", .string("inactive-or-failed")),
        ]
    }

    /// `ExecStart=` of each command, with systemd's "-" where it may fail.
    static func executions(_ commands: [[String]], mayFail: Bool) -> BusValue {
        .array(of: "(sasb)", commands.map { .structure([.string($0[0]), .strings($0), .bool(mayFail)]) })
    }

    static func properties(_ all: [(String, BusValue)]) -> BusValue {
        .array(of: "(sv)", all.map { .structure([.string($0.0), .variant($0.1)]) })
    }
}
