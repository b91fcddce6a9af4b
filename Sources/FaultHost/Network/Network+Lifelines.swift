// What must not be cut, from where it is asked: the caller's own connection, and the ports on which systemd waits for sshd.
import FaultModel

extension LinuxHost {
    /// Never fails: what could not be seen is told in the answer.
    func lifelines(forCaller pid: Int32?) async -> Lifelines { await network.lifelines(caller: pid, in: await lifelineSights.sight()) }
}

extension Network {
    func lifelines(caller: Int32?, in sight: LifelineSight) async -> Lifelines {
        // Only of a session it matters who asks.
        let isAsked = caller != nil && !sight.ssh.processes.isEmpty
        let line = isAsked ? await kernel.run { () throws(Never) in caller.map(ProcessTable.line) ?? [] } : []
        var lifelines = sight.ssh.lifelines(caller: line)
        (lifelines.gateways, lifelines.unseen) = (sight.gateways, sight.unseen)
        return lifelines
    }
}

extension Systemd {
    /// A question that every network fault asks must not hold it up.
    private static let portLimit = Duration.seconds(1)

    func sshPorts() async -> Result<[UInt16], Problem> {
        do throws(Problem) { return .success(try await listeningPorts(of: ["ssh.socket", "sshd.socket"])) } catch { return .failure(error) }
    }

    /// TCP ports that these socket units listen on, as far as they are active.
    func listeningPorts(of units: [String]) async throws(Problem) -> [UInt16] {
        try await asking(to: "look up \(units.joined(separator: " and "))") { () throws(BusError) in
            var ports: [UInt16] = []
            for name in units { ports += try await listeningPorts(of: name) }
            return ports
        }
    }

    private func listeningPorts(of name: String) async throws(BusError) -> [UInt16] {
        func ask(_ interface: String) async throws(BusError) -> [BusValue] {
            try await bus.call(BusCall(propertiesOf: unitPath(name), interface: "org.freedesktop.systemd1.\(interface)"), limit: Self.portLimit)
        }
        do throws(BusError) {
            // One that is not loaded does not listen; asked for its properties, systemd would look for its file in a dozen folders first.
            _ = try await bus.call(BusCall("GetUnit", [.string(name)]), limit: Self.portLimit)
            guard UnitProperties(try await ask("Unit")).isUp else { return [] }
            // `a(ss)`: Stream, and an address such as `[::]:22`.
            let listen = try await ask("Socket").first?.dictionary["Listen"]?.elements ?? []
            return listen.map { $0.elements.compactMap(\.text) }.compactMap { Self.port($0) }
        } catch {
            if case .refused = error { return [] }
            throw error
        }
    }

    /// - Parameter row: the socket's type and its address.
    static func port(_ row: [String]) -> UInt16? {
        guard row.count == 2, row[0] == "Stream", !row[1].hasPrefix("/") else { return nil }
        return row[1].split(separator: ":").last.flatMap { UInt16($0) }
    }
}
