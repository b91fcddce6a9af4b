// A backstop for what neither the kernel nor systemd can undo by itself: a timer that runs `faultd revert --fault ID`.
import FaultModel

extension LinuxHost {
    /// The timer of a fault that stops no unit. Containers that are only watched over share the timer of the units that take them down.
    private static func timer(_ undo: ContainerUndo) -> UnitUndo? {
        undo.action == .keepRunning ? nil : UnitUndo(fault: undo.fault, units: [])
    }

    func foreseeContainers(_ undo: ContainerUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        guard let timer = Self.timer(undo) else { return nil }
        return try await systemd.foresee(timer, until: deadline)
    }

    func armContainers(_ undo: ContainerUndo, until deadline: Moment) async throws(Problem) -> Backstop? {
        guard let timer = Self.timer(undo) else { return nil }
        do { return try await systemd.arm(timer, until: deadline) } catch {
            // A node without systemd has runtimes all the same; there the daemon alone ends the fault, and the answer shows no backstop.
            if error.type == .missingDependency { return nil }
            throw error
        }
    }

    func revertContainers(_ undo: ContainerUndo) async throws(Problem) -> RevertOutcome {
        let outcome = try await containers.revert(undo)
        guard let timer = Self.timer(undo) else { return outcome }
        do { try await systemd.disarm(timer) } catch {
            if error.type != .missingDependency { throw error }
        }
        return outcome
    }
}
