// What must not be cut, read from the node: sshd's ports and peers, the caller's own connection, default gateways.
import FaultModel
import Glibc

/// What the node shows of its lifelines, whoever asks.
struct LifelineSight: Sendable {
    var ssh = SSHSight()
    var gateways: [CIDR] = []
    /// What could not be seen, and why.
    var unseen: String?
}

extension LinuxHost {
    /// Never fails: what could not be seen is told in the answer.
    func lifelines(forCaller pid: Int32?) async -> Lifelines { await network.lifelines(caller: pid, in: await lifelineSights.sight()) }
}

extension Network {
    /// What sshd's units, processes and sockets show; the manager is asked while the processes are looked through.
    func lifelineSight(_ systemd: Systemd) async -> LifelineSight {
        async let ports = systemd.sshPorts()
        var sight = await lifelineSight()
        do throws(Problem) { sight.ssh.unitPorts = try await ports.get() } catch {
            // Without systemd nothing waits for sshd; and an sshd that was seen shows its ports itself.
            if error.type != .missingDependency, sight.ssh.lifelines(caller: []).sshPorts.isEmpty { sight.unseen = sight.unseen ?? error.detail }
        }
        return sight
    }

    private func lifelineSight() async -> LifelineSight {
        await kernel.run { () throws(Never) in
            var found = LifelineSight()
            do throws(Problem) { found.ssh = try Self.sight() } catch { found.unseen = error.detail }
            // Only told, never carved out: neither ARP nor ICMPv6 is ever hit.
            found.gateways = (try? Routes.gateways()) ?? []
            return found
        }
    }

    func lifelines(caller: Int32?, in sight: LifelineSight) async -> Lifelines {
        // Only of a session it matters who asks.
        let isAsked = caller != nil && !sight.ssh.processes.isEmpty
        let line = isAsked ? await kernel.run { () throws(Never) in caller.map(ProcessTable.line) ?? [] } : []
        var lifelines = sight.ssh.lifelines(caller: line)
        (lifelines.gateways, lifelines.unseen) = (sight.gateways, sight.unseen)
        return lifelines
    }

    func lifelines(caller: Int32?, unitPorts: [UInt16]) async -> Lifelines {
        var sight = await lifelineSight()
        sight.ssh.unitPorts = unitPorts
        return await lifelines(caller: caller, in: sight)
    }

    private static func sight() throws(Problem) -> SSHSight {
        var sight = SSHSight()
        for pid in try ProcessTable.all() where ProcessTable.name(of: pid).map(SSHSight.programs.contains) == true {
            sight.processes.append(.init(pid: pid, sockets: try ProcessTable.sockets(of: pid)))
        }
        guard !sight.processes.isEmpty else { return sight }
        sight.listeners = try TCPSockets.list(.listening)
        sight.connections = try TCPSockets.list(.established, inodes: Set(sight.processes.flatMap(\.sockets)))
        if let range = ProcNet().ephemeralPorts { sight.ephemeral = range }
        return sight
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
