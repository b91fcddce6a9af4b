// What must not be cut, read from the node: sshd's ports and peers, default gateways.
import FaultModel
import Synchronization

/// What the node shows of its lifelines, whoever asks.
struct LifelineSight: Sendable {
    var ssh = SSHSight()
    var gateways: [CIDR] = []
    /// What could not be seen, and why.
    var unseen: String?
}

/// Looks at the kernel's sockets each time, and at processes and systemd when those show that there may be something new.
final class LifelineLook: Sendable {
    typealias UnitPorts = Result<[UInt16], Problem>
    private let kernel: DedicatedThread
    private let unitPorts: @Sendable () async -> UnitPorts
    private let now: @Sendable () -> Int64
    private let memory = Mutex(LifelineMemory())
    private let surroundings = Mutex<Surroundings?>(nil)

    /// What is asked again only after a while: for connections the kernel walks a table that is as large as the memory is, and gateways are
    /// only told. A login takes longer than this; and by which port it may come in is asked each time.
    private struct Surroundings {
        static let pause = Duration.milliseconds(100).nanoseconds
        var at: Int64
        var ports: Set<UInt16>
        var ways: WaysIn
        var gateways: [CIDR]
    }

    /// - Parameters:
    ///   - unitPorts: asks systemd for the ports on which it waits for sshd.
    ///   - now: nanoseconds since boot.
    init(kernel: DedicatedThread, unitPorts: @escaping @Sendable () async -> UnitPorts, now: @escaping @Sendable () -> Int64) {
        self.kernel = kernel
        self.unitPorts = unitPorts
        self.now = now
    }

    private struct FirstSight: Sendable {
        var sight = LifelineSight()
        var ways: WaysIn?
        var unitPorts: [UInt16]?
    }

    /// One at a time.
    func sight() async -> LifelineSight {
        let first = await kernel.run { [self] () throws(Never) in firstSight() }
        var sight = first.sight
        sight.ssh.unitPorts = first.unitPorts ?? []
        if first.unitPorts != nil { return sight }
        do throws(Problem) {
            let ports = try await unitPorts().get()
            sight.ssh.unitPorts = ports
            if let ways = first.ways { memory.withLock { $0.take(unitPorts: ports, for: ways) } }
        } catch {
            // Without systemd nothing waits for sshd; and an sshd that was seen shows its ports itself.
            if error.type != .missingDependency, sight.ssh.lifelines(caller: []).sshPorts.isEmpty { sight.unseen = sight.unseen ?? error.detail }
        }
        return sight
    }

    private func firstSight() -> FirstSight {
        var first = FirstSight()
        do throws(Problem) {
            let around = try lookAround()
            let ways = around.ways
            first.sight.gateways = around.gateways
            first.ways = ways
            first.unitPorts = memory.withLock { $0.unitPorts(for: ways) }
            (first.sight.ssh.listeners, first.sight.ssh.connections) = (ways.listeners, ways.connections)
            first.sight.ssh.ephemeral = ways.ephemeral
            first.sight.ssh.processes = try processes(for: ways)
        } catch { first.sight.unseen = Self.isSSHDThere ? error.detail : nil }
        return first
    }

    private func lookAround() throws(Problem) -> Surroundings {
        let listeners = try TCPSockets.list(.listening)
        let (ports, now) = (Set(listeners.map(\.localPort)), now())
        if var known = surroundings.withLock({ $0 }), known.ports == ports, now - known.at < Surroundings.pause {
            known.ways.listeners = listeners
            return known
        }
        // Only told, never carved out: neither ARP nor ICMPv6 is ever hit.
        let around = Surroundings(at: now, ports: ports, ways: try WaysIn(listeners: listeners), gateways: (try? Routes.gateways()) ?? [])
        surroundings.withLock { $0 = around }
        return around
    }

    private func processes(for ways: WaysIn) throws(Problem) -> [SSHSight.Process] {
        if let known = memory.withLock({ $0.processes(for: ways) }) { return known }
        let began = now()
        var found: [SSHSight.Process] = []
        for pid in try Self.sshds() { found.append(.init(pid: pid, sockets: try ProcessTable.sockets(of: pid))) }
        memory.withLock { $0.take(found, for: ways, at: began) }
        return found
    }

    private static func sshds() throws(Problem) -> [Int32] {
        try ProcessTable.all().filter { ProcessTable.name(of: $0).map(SSHSight.programs.contains) == true }
    }

    /// Who can't see sockets has nothing to fear where there is no sshd; who can't see processes either, everything.
    private static var isSSHDThere: Bool { (try? sshds().isEmpty) != true }
}
