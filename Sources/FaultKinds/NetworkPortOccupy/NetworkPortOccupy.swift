// network.port-occupy: a port is taken.
public import FaultModel

/// Takes a free port, so that the service that wants it can't have it.
public struct NetworkPortOccupy: FaultKind {
    public struct Parameters: Sendable {
        var port: PortNumber
        var address: Peer?
        var behaviour: PortBehaviour
    }

    public init() {}

    private static let port = Field<Int>(
        "port", "The port, which must be free now.", check: { (1...65_535).contains($0) ? nil : "must be a port from 1 to 65535" })
    private static let transport = Field<PortNumber.Transport>("protocol", default: .tcp, "tcp or udp.")
    private static let address = Field<Peer>("address", "The address of this node to take it on; every address of both families otherwise.") {
        if case .network(let cidr) = $0, cidr.isHost { nil } else { "must be one address such as \"127.0.0.1\"" }
    }
    private static let behaviour = Field<PortBehaviour>(
        "behaviour", default: .hold,
        "What a client of the TCP port meets. hold: a connection on which nobody speaks; reset: one that is reset at once; refuse: none, as if "
            + "nobody were there. A UDP port swallows what it gets.")

    public let name = "network.port-occupy"
    public let summary = "Take a port, so that a service can't bind it"
    public let details = """
        A worker binds the port, which must be free, and holds it. A service that is started meanwhile fails with "address already in use". Stop the \
        service first, for instance by unit.stop in an experiment, or take the port of one that is not up.
        """
    public var manual: KindManual {
        .workers(
            touches: "One port of this node, bound by a worker of faultd's own. Ports of sshd, of faultd and of protected_ports are refused.",
            next: """
                A service that wants the port fails to start; with Restart= systemd tries again until its start limit (StartLimitBurst=) is hit, \
                and then leaves it failed also after the fault: systemctl reset-failed and start bring it back.
                """)
    }
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] {
        var port = Self.port.description
        port.required = true
        return [port, Self.transport.description, Self.address.description, Self.behaviour.description]
    }
    public var examples: [KindExample] {
        [
            KindExample("A web server can't start", ["port": "8080"]),
            KindExample("A DNS server on loopback, over UDP", ["port": "5353", "protocol": "udp", "address": "127.0.0.1"]),
            KindExample("Clients are refused meanwhile", ["port": "5432", "behaviour": "refuse"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let number = reader.read(Self.port, standIn: 1)
        return Parameters(
            port: PortNumber(reader.read(Self.transport) ?? .tcp, UInt16(clamping: number)), address: reader.read(Self.address),
            behaviour: reader.read(Self.behaviour) ?? .hold)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery {
        var query = NodeQuery()
        query.port = parameters.port
        query.lifelines = true
        return query
    }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        try refuseProtected(parameters.port, on: node)
        try refuseTaken(parameters, on: node)
        let (port, place) = (parameters.port, parameters.address.map { " on \($0.text)" } ?? "")
        var arguments = ["occupy", port.transport.rawValue, String(port.port), parameters.behaviour.rawValue]
        if let address = parameters.address { arguments += ["--address", address.text] }
        var plan = Plan()
        plan.changes = [
            .workers(WorkerChange(workers: [Worker(.faultd, arguments, summary: "\(port.text)\(place) held (\(parameters.behaviour.rawValue))")]))
        ]
        plan.claims = [Claim("port:\(port.transport.rawValue)/\(port.port)")]
        plan.targets = 1
        return plan
    }

    /// sshd may be started again, and a control port opened, while the fault lasts.
    private func refuseProtected(_ port: PortNumber, on node: NodeView) throws(Problem) {
        let ssh = node.lifelines.sshPorts.map { PortRange($0, $0) }
        let range = PortRange(port.port, port.port)
        guard port.transport == .tcp, (node.protection.ports + node.protection.controlPorts + ssh).contains(where: range.overlaps) else { return }
        throw Problem(
            .protectedTarget, "\(port.text) is protected: it keeps the node reachable", hint: "take another port",
            errors: [.init("spec.port", "is a port of sshd, of faultd or of protected_ports")])
    }

    private func refuseTaken(_ parameters: Parameters, on node: NodeView) throws(Problem) {
        let port = parameters.port
        if let holder = node.holders["port:\(port.transport.rawValue)/\(port.port)"] {
            throw Problem(.conflict, "\(port.text) is held by \(holder)", errors: [.init("spec.port", "is taken by another fault")])
        }
        guard let holder = node.portHolders.first(where: { meets($0.address, parameters.address) }) else { return }
        throw Problem(
            .impossible, "\(port.text) is in use already: \(holder.text) has it", hint: "stop that first, or take a free port",
            errors: [.init("spec.port", "is in use by \(holder.text)")])
    }

    /// A socket on every address meets any; two addresses meet only when they are the same.
    private func meets(_ other: CIDR?, _ wanted: Peer?) -> Bool {
        guard let other, case .network(let own)? = wanted else { return true }
        return other == own
    }
}
