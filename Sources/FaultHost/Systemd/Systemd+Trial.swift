// Whether the manager could run `faultd revert`: a backstop that it can't run is none, and must not be told as one.
import FaultModel
import Synchronization

extension Systemd {
    /// The program is loaded from a disk that may be slow.
    private static let trialLimit = Duration.seconds(15)

    func wouldHold(_ timer: BackstopTimer) async -> Bool {
        if timer.actsAlone || settings.trial.isEmpty { return true }
        if let known = programRuns.withLock({ $0 }) { return known }
        guard let result = await tryProgram() else { return false }
        programRuns.withLock { $0 = result }
        return result
    }

    /// `systemd-run --wait TRIAL`: from a container its files may be others than the manager's, and SELinux or a mount may forbid to run them.
    /// - Returns: nil when the manager did not say; then it is asked again the next time.
    private func tryProgram() async -> Bool? {
        let execution = BusValue.structure([.string(settings.trial[0]), .strings(settings.trial), .bool(false)])
        let properties: [(String, BusValue)] = [
            ("Description", .string("faultd: can its backstops be run")), ("Type", .string("oneshot")), ("DefaultDependencies", .bool(false)),
            ("CollectMode", .string("inactive-or-failed")), ("ExecStart", .array(of: "(sasb)", [execution])),
            ("TimeoutStartUSec", .uint64(UInt64(Self.trialLimit.nanoseconds / 1000))),
        ]
        // Two may try at once: each under a name of its own.
        let name = "faultd-trial-\(monotonicNow()).service"
        let call = BusCall(
            "StartTransientUnit", [.string(name), .string("fail"), Self.properties(properties), .array(of: "(sa(sv))", [])])
        switch await bus.run([call], limit: Self.trialLimit).first {
        case .success(.done): return true
        case .success(.other): return false
        case .success(.unknown), .failure, nil: return nil
        }
    }
}
