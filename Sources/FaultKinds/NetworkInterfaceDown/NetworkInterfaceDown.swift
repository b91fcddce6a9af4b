// network.interface-down: an interface is set down, as an unplugged cable or an operator would.
public import FaultModel

/// Sets an interface down and up again, with everything that went away with it.
public struct NetworkInterfaceDown: FaultKind {
    public struct Parameters: Sendable {
        var interface: InterfaceName
        var container: ContainerScope?
    }

    public init() {}

    private static let interface = Field<InterfaceName>("interface", "The interface to set down, such as eth1.")

    public let name = "network.interface-down"
    public let summary = "Set a network interface down"
    public let details = """
        Sets the interface down; the kernel then forgets its IPv6 addresses, its routes and its static neighbours, which were saved before. At the \
        end it is set up and they are put back. An interface that the node is reached by is refused, unless confirm_within is given.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                One interface, and what the kernel takes away with it: IPv6 addresses, routes of every table, static neighbours. Refused: loopback, \
                the interface of the default route or of an ssh connection (unless confirm_within is given), one that others such as VLANs sit on, \
                and one with routes that can't be put back exactly (multipath, nexthop objects). Not saved: proxied neighbours.
                """,
            undo: """
                The interface is set up and every address, neighbour and route that is missing is put back as it was; what the kernel made again by \
                itself stays. IPv6 addresses are checked for duplicates again, which takes a second. If somebody has set it up meanwhile, only what \
                is missing is put back. What can't be put back is told as drift. Routes of router advertisements come with the next one.
                """,
            backstop: """
                A transient timer of systemd runs faultd revert for this fault half a second after the lease.
                """,
            next: """
                Connections by that interface stall, new ones fail at once with "network is unreachable" or go another way. Network managers may set \
                it up again, or configure it anew when it comes back.
                """)
    }
    public let requires: [Capability] = [.links]
    public var fields: [FieldDescription] { [Self.interface.description.asRequired, ContainerScope.field] }
    public var examples: [KindExample] {
        [
            KindExample("The second interface", ["interface": "eth1"]),
            KindExample("A container's", ["interface": "eth0", "container.name": "^web$"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let interface = reader.read(Self.interface)
        if interface == nil, reader.errors.isEmpty { reader.refuse("interface", "is required: the name of the interface to set down") }
        return Parameters(interface: interface ?? InterfaceName("lo"), container: ContainerScope.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery {
        var query = ContainerScope.ask(NodeQuery(), for: parameters.container)
        query.interfaces = parameters.container == nil
        query.lifelines = parameters.container == nil
        return query
    }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let name = parameters.interface.name
        let places = try Places(parameters.container, on: node)
        if parameters.container == nil { try Self.refuse(try node.interface(name), on: node) }
        var plan = Plan()
        for pin in places.inside {
            plan.changes.append(.links(LinkChange(interface: name, inside: pin)))
            plan.claims.append(Claim("link:\(pin.map { "\($0.runtime.rawValue)/\($0.id)/" } ?? "")\(name)"))
        }
        plan.targets = places.targets
        plan.notes = places.notes + ["its IPv6 addresses, routes and static neighbours go away with it and are put back at the end"]
        return plan
    }

    private static func refuse(_ interface: NetworkInterface, on node: NodeView) throws(Problem) {
        if interface.isLoopback {
            throw Problem(
                .protectedTarget, "\(interface.name) is the loopback interface: nothing on this node could talk to itself, faultd neither",
                errors: [.init("spec.interface", "is the loopback interface")])
        }
        if !interface.isUp {
            throw Problem(
                .noEffect, "\(interface.name) is down already: setting it down would change nothing",
                errors: [.init("spec.interface", "\(interface.name) is down")])
        }
        guard let why = interface.carries.first, !node.awaitsConfirmation else { return }
        throw Problem(
            .protectedTarget, "without \(interface.name) this node could not be reached: \(why)",
            hint: "choose another interface; or ask for confirm_within=30s: the fault ends unless you confirm that you still get in",
            errors: [.init("spec.interface", why)])
    }
}
