// What of ours the manager holds, and whether there is a manager at all.
import FaultModel
import Glibc

extension Systemd {
    /// Every backstop timer, by its name (`systemctl list-units 'faultd-*'`), and services of theirs that were left behind.
    func inventory() async throws(Problem) -> [Artefact] {
        let patterns = BusValue.strings(["faultd-*.timer", "faultd-*.service"])
        let units = try await asking(to: "list the backstop timers") { () throws(BusError) in
            try await listed("ListUnitsByPatterns", [.strings([]), patterns]).filter(\.isFound)
        }
        let timers = Set(units.map(\.name).filter { $0.hasSuffix(".timer") })
        return units.compactMap { unit in
            guard let fault = BackstopTimer.fault(in: unit.name) else { return nil }
            // A service belongs to its timer, and one that runs takes itself away.
            if unit.name.hasSuffix(".service"), unit.isActive || timers.contains(unit.name.dropLast(8) + ".timer") { return nil }
            return Artefact(mechanism: .units, fault: fault, name: unit.name)
        }
    }

    /// `systemctl start SERVICE; systemctl stop NAME; systemctl reset-failed NAME`. A timer that nobody accounts for is fired before it goes: it
    /// is all that is left to say which units have to be started again.
    func remove(_ artefact: Artefact) async throws(Problem) {
        guard BackstopTimer.fault(in: artefact.name) != nil else {
            throw Problem(.internalError, "\(artefact.name) is no backstop of faultd's, so it is not removed")
        }
        if artefact.name.hasSuffix(".timer") {
            let service = artefact.name.dropLast(".timer".count) + ".service"
            let fired = await bus.run([BusCall("StartUnit", [.string(String(service)), .string("replace")])], limit: settings.jobLimit)
            for case .failure(let error) in fired where error.name != BusError.Name.noSuchUnit { throw error.problem("start \(service)") }
        }
        let ends = await bus.run([BusCall("StopUnit", [.string(artefact.name), .string("replace")])], limit: settings.callLimit)
        for case .failure(let error) in ends where error.name != BusError.Name.noSuchUnit { throw error.problem("stop \(artefact.name)") }
        _ = try? await bus.call(BusCall("ResetFailedUnit", [.string(artefact.name)]))
    }

    func capabilities() async -> [CapabilityReport] { [await capability()] }

    func capability() async -> CapabilityReport {
        do throws(BusError) {
            let version = try await bus.call(BusCall(property: "Version")).first?.unwrapped.text ?? "of unknown version"
            let rights = geteuid() == 0 ? "" : "; faultd is not root, so polkit must allow what it does"
            let way = await bus.address?.description ?? "D-Bus"
            return CapabilityReport(.systemd, available: true, detail: "systemd \(version) over \(way)\(rights)")
        } catch {
            return CapabilityReport(.systemd, available: false, detail: error.problem("reach systemd").detail, remedy: BusError.remedy)
        }
    }
}
