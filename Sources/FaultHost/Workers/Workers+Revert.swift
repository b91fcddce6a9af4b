// Stopping workers, and removing what they left.
import FaultModel

extension Workers {
    /// `systemctl stop UNITS; systemctl reset-failed UNITS; rm -r FOLDERS`
    func revert(_ undo: WorkerUndo) async throws(Problem) -> RevertOutcome {
        var wasThere = false
        for placed in undo.workers { wasThere = try await end(placed) || wasThere }
        do { try await systemd.disarm(undo.timer) } catch {
            if error.type != .missingDependency { throw error }
        }
        return RevertOutcome(wasThere ? .restored : .alreadyGone)
    }

    /// - Returns: whether anything was left of it.
    private func end(_ placed: WorkerUndo.Placed) async throws(Problem) -> Bool {
        let wasLoaded = try await stop(placed.unit)
        return try await thread.run(urgent: true) { () throws(Problem) in
            let hadGroups = try ControlGroups.end(placed.groups, within: Limit.groupEnd)
            let hadFolder = try placed.folder.map { (folder) throws(Problem) in try ScratchFolder.remove(folder) } ?? false
            return wasLoaded || hadGroups || hadFolder
        }
    }

    /// Whether there was anything to stop. No manager, no unit: what it had started ended with it.
    func stop(_ name: String) async throws(Problem) -> Bool {
        let before: WorkerState
        do throws(BusError) { before = try await state(of: name) } catch {
            if case .unreachable = error { return false }
            throw error.problem("look at \(name)")
        }
        guard before.isThere else { return false }
        let ends = await systemd.bus.run([BusCall("StopUnit", [.string(name), .string("replace")])], limit: Limit.stop)
        for case .failure(let error) in ends where error.name != BusError.Name.noSuchUnit { throw error.problem("stop \(name)") }
        _ = try? await systemd.bus.call(BusCall("ResetFailedUnit", [.string(name)]))
        let after = try await systemd.asking(to: "look at \(name)") { () throws(BusError) in try await state(of: name) }
        if after.isThere { throw Problem(.hostFailure, "\(name) is still there after it was stopped", hint: "systemctl status \(name)") }
        let own = before.controlGroup.map(ControlGroups.folders(of:)) ?? []
        let isEmpty = await thread.run(urgent: true) { () throws(Never) in ControlGroups.waitUntilEmpty(own, within: Limit.groupEnd) }
        if !isEmpty { throw Problem(.hostFailure, "processes of \(name) have not ended after SIGKILL", hint: "systemctl status \(name)") }
        return true
    }

    // MARK: by name

    func inventory() async throws(Problem) -> [Artefact] {
        let pattern = BusValue.strings(["faultd-worker-*.service"])
        let units = try await systemd.asking(to: "list the workers") { () throws(BusError) in
            try await systemd.listed("ListUnitsByPatterns", [.strings([]), pattern]).filter(\.isFound)
        }
        return units.compactMap { unit in Self.fault(in: unit.name).map { Artefact(mechanism: .workers, fault: $0, name: unit.name) } }
    }

    /// Control groups of a worker inside another's go with it: see its `ExecStopPost=`.
    func remove(_ artefact: Artefact) async throws(Problem) {
        guard Self.fault(in: artefact.name) != nil else {
            throw Problem(.internalError, "\(artefact.name) is no worker of faultd's, so it is not removed")
        }
        _ = try await stop(artefact.name)
    }

    /// The fault in `faultd-worker-01abc…-1.service`.
    static func fault(in unit: String) -> FaultID? {
        guard unit.hasPrefix("faultd-worker-"), unit.hasSuffix(".service") else { return nil }
        let parts = unit.dropFirst("faultd-worker-".count).dropLast(".service".count).split(separator: "-")
        return parts.count == 2 && parts[1].allSatisfy(\.isNumber) ? FaultID(String(parts[0])) : nil
    }
}
