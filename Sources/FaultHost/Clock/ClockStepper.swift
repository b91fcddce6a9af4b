// One step of the wall clock: by this process, or by a unit that may do nothing else.
import CLinux
public import FaultModel
import Glibc

/// Where faultd.service keeps the daemon from setting the clock, systemd runs `faultd worker clock` with CAP_SYS_TIME alone.
public struct ClockStepper: Sendable {
    let systemd: Systemd
    /// Two readings taken one after the other, and a leap of a scheduler between them.
    private static let tolerance = Duration.milliseconds(20).nanoseconds
    /// For the unit to be started, and to end.
    private static let limit = Duration.seconds(15)
    /// CAP_SYS_TIME of capabilities(7).
    private static let right: UInt64 = 1 << 25

    /// `date -s '+3600 seconds'`, as one step of the kernel's own.
    /// - Parameters:
    ///   - from: how far the wall clock is ahead now.
    ///   - to: how far it is to be. Both together, so that a step that comes late or twice is none.
    func step(from: Int64, to: Int64, for fault: FaultID) async throws(Problem) {
        guard ProcessTable.capabilities().effective & Self.right == 0 else { return try Self.step(from: from, to: to) }
        let name = Self.unit(fault)
        let call = BusCall(
            "StartTransientUnit",
            [.string(name), .string("fail"), Systemd.properties(properties(from, to, fault)), .array(of: "(sa(sv))", [])])
        for end in await systemd.bus.run([call], limit: Self.limit) {
            switch end {
            case .success(.done), .success(.unknown): break
            case .success(.other(let result)):
                throw Problem(.hostFailure, "the wall clock could not be set: \(name) ended with \"\(result)\"", hint: "journalctl -u \(name)")
            case .failure(let error): throw error.problem("set the wall clock by \(name)")
            }
        }
    }

    /// Once this returns, no unit steps the clock for the fault any more: `systemctl stop faultd-clock-ID`. A daemon that dies right after asking
    /// for a step is survived by it.
    func settle(_ fault: FaultID) async throws(Problem) {
        for end in await systemd.bus.run([BusCall("StopUnit", [.string(Self.unit(fault)), .string("replace")])], limit: Self.limit) {
            guard case .failure(let error) = end, error.name != BusError.Name.noSuchUnit else { continue }
            let problem = error.problem("stop \(Self.unit(fault))")
            // Without a manager there is no unit.
            if problem.type != .missingDependency { throw problem }
        }
    }

    private static func unit(_ fault: FaultID) -> String { "faultd-clock-\(fault.text.lowercased()).service" }

    private func properties(_ from: Int64, _ to: Int64, _ fault: FaultID) -> [(String, BusValue)] {
        let words = systemd.program + ["worker", "clock", "--from=\(from)", "--to=\(to)"]
        return [
            ("Description", .string("faultd: set the wall clock, for fault \(fault.text)")), ("Type", .string("oneshot")),
            ("DefaultDependencies", .bool(false)), ("CollectMode", .string("inactive-or-failed")),
            ("ExecStart", Systemd.executions([words], mayFail: false)),
            ("TimeoutStartUSec", .uint64(UInt64(Self.limit.nanoseconds / 1000))),
            ("NoNewPrivileges", .bool(true)), ("CapabilityBoundingSet", .uint64(Self.right)), Systemd.quiet,
        ]
    }

    /// In this process, whatever asked for it.
    public static func step(from: Int64, to: Int64) throws(Problem) {
        let now = ahead()
        guard !isNear(now, to) else { return }
        guard isNear(now, from) else { throw Problem(.conflict, "somebody else has set the wall clock meanwhile") }
        guard faultd_step_clock(to - from) == 0 else { throw .system("set the wall clock", errno: errno, hint: "it takes CAP_SYS_TIME") }
    }

    static func isNear(_ span: Int64, _ wanted: Int64) -> Bool { abs(span - wanted) <= tolerance }

    /// How far the wall clock is ahead of the one that counts from boot. Of several readings the one that was interrupted least.
    static func ahead() -> Int64 {
        var best: (width: Int64, ahead: Int64) = (.max, 0)
        for _ in 0..<5 {
            let before = LinuxClock.read(CLOCK_BOOTTIME)
            let wall = LinuxClock.read(CLOCK_REALTIME)
            let after = LinuxClock.read(CLOCK_BOOTTIME)
            if after - before < best.width { best = (after - before, wall - before - (after - before) / 2) }
        }
        return best.ahead
    }

    /// Whether this process may set it, or the service manager may let another.
    func capability() async -> CapabilityReport {
        if ProcessTable.capabilities().effective & Self.right != 0 {
            return CapabilityReport(.clock, available: true, detail: "the wall clock can be set")
        }
        guard ProcessTable.capabilities(of: "1").bounding & Self.right != 0 else {
            return CapabilityReport(
                .clock, available: false, detail: "neither faultd nor the first process of this node has CAP_SYS_TIME",
                remedy: "run faultd on the node itself: containers share the clock of their host, and are not let at it")
        }
        let manager = await systemd.capability()
        return CapabilityReport(
            .clock, available: manager.available, detail: manager.available ? "the wall clock can be set, by a unit of systemd's" : manager.detail,
            remedy: manager.remedy)
    }
}
