// unit.stop: systemd units go down and stay down.
public import FaultModel

/// Stops units, with whatever would start them again, and brings everything back as it was.
public struct UnitStop: FaultKind {
    public struct Parameters: Sendable { var units: [UnitName] }

    public init() {}

    static let units = Field<[UnitName]>(
        "units", singular: "unit", "Units to stop, such as docker.service; a bare name means a service.",
        check: { $0.isEmpty ? "must name at least one unit" : nil })

    public let name = "unit.stop"
    public let summary = "Stop systemd units and hold them down"
    public let details = """
        Stops the units, and first the sockets, timers and paths that would start them again. Units that systemd takes down along with them are \
        named beforehand. At the end everything that was active is started again, and containers that ran under a stopped Docker run again. \
        A transient systemd timer does the same without the daemon.
        """
    public let requires: [Capability] = [.systemd]
    public var fields: [FieldDescription] {
        var units = Self.units.description
        units.required = true
        return [units]
    }
    public var examples: [KindExample] {
        [
            KindExample("One service", ["unit": "nginx.service"]),
            KindExample("Docker, which docker.socket would start again", ["unit": "docker.service"]),
            KindExample("Two services as one act", ["unit": "docker.service,node-agent.service"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(units: reader.read(Self.units, standIn: [])) }

    public func needs(_ parameters: Parameters) -> NodeQuery { Self.query(parameters.units) }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan { try Self.plan(parameters.units, on: node) }
}
