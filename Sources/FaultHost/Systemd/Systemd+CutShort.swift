// A stop that takes longer than the fault lasts: the unit can't start before it is over.
import FaultModel
import Glibc

extension Systemd {
    /// `systemctl kill --kill-who=all --signal=KILL UNITS` for those that have not stopped after a moment: a start waits until the stop is
    /// over, which may take as long as `TimeoutStopSec=` says. The manager would kill them then; the lease says now.
    /// A service with `SendSIGKILL=no` is let be.
    func cutShort(_ stopping: [String]) async -> [String] {
        guard !stopping.isEmpty else { return [] }
        try? await Task.sleep(for: settings.stopGrace)
        var killed: [String] = []
        for name in stopping where await isStillStopping(name) {
            let kill = BusCall("KillUnit", [.string(name), .string("all"), .int32(SIGKILL)])
            if (try? await bus.call(kill)) != nil { killed.append(name) }
        }
        return killed
    }

    private func isStillStopping(_ name: String) async -> Bool {
        guard name.hasSuffix(".service"), (try? await read([name]))?.first?.isStopping == true else { return false }
        let service = BusCall(propertiesOf: unitPath(name), interface: "org.freedesktop.systemd1.Service")
        return (try? await bus.call(service)).map { UnitProperties($0).mayBeKilled } ?? false
    }
}
