// What the xtables can't express, refused before anything is touched.
import CNetfilter
import FaultModel

extension PacketRule {
    /// Throws a sentence about the first thing of this rule that no xtables rule can say, or that could never match.
    func checkExpressible() throws(Problem) {
        for reason in [addressFault, interfaceFault, protocolFault, portFault, probabilityFault, everyFault] {
            if let reason { throw Problem(.impossible, "\(program) can't express a rule: \(reason)") }
        }
    }

    /// The same for nft, which says less of ports before NAT, and takes other names for patterns.
    func checkExpressibleByNft() throws(Problem) {
        for reason in [
            addressFault, interfaceFault, nftInterfaceFault, protocolFault, portFault, originalFault, queryFault, probabilityFault, everyFault,
        ] {
            if let reason { throw Problem(.impossible, "nft can't express a rule: \(reason)") }
        }
    }

    private var queryFault: String? { table == .raw ? "it does not search packets" : nil }

    private var originalFault: String? {
        guard originalDestinationPorts != nil else { return nil }
        return Self.hasPorts(proto) ? nil : "ports before NAT need one of the protocols \(Self.namesOfThose)"
    }

    /// What would end the quoted name or mean another interface.
    private var nftInterfaceFault: String? {
        for name in [inInterface, outInterface].compactMap({ $0?.name }) where name == "+" || name.contains(where: { "\"'*\\".contains($0) }) {
            return "an interface's name can't be \(name)"
        }
        return nil
    }

    private var addressFault: String? {
        for cidr in [source, destination, originalDestination].compactMap({ $0 }) where cidr.family != family {
            return "\(cidr.text) is not an \(family.name) address"
        }
        return nil
    }

    private var interfaceFault: String? {
        if chain == .output, inInterface != nil { return "an outgoing packet has no interface that it came in by" }
        if chain == .input, outInterface != nil { return "an incoming packet has no interface that it goes out by" }
        for name in [inInterface, outInterface].compactMap({ $0?.name }) where !(1..<Int(IFNAMSIZ)).contains(name.utf8.count) {
            return "an interface's name has 1 to \(IFNAMSIZ - 1) bytes, and \"\(name)\" has \(name.utf8.count)"
        }
        return nil
    }

    private var protocolFault: String? {
        if proto?.number == 0 { return "protocol 0 means every protocol" }
        let isTCP = proto?.number == ProtocolMatch.tcp && proto?.negated == false
        return verdict == .reject(.tcpReset) && !isTCP ? "a reject with tcp-reset needs protocol tcp" : nil
    }

    private var portFault: String? {
        if let original = originalDestinationPorts, original.low > original.high { return "a range of ports ends before it begins" }
        let matches = [sourcePorts, destinationPorts].compactMap { $0 }
        if matches.isEmpty { return nil }
        guard Self.hasPorts(proto) else { return "ports need one of the protocols \(Self.namesOfThose)" }
        for match in matches {
            if match.ranges.isEmpty { return "a match on ports names none" }
            if match.ranges.contains(where: { $0.low > $0.high }) { return "a range of ports ends before it begins" }
            if single(match) == nil, match.multiportPlaces > XT_MULTI_PORTS {
                return "one match holds \(XT_MULTI_PORTS) ports, a range counting as two, and here are \(match.multiportPlaces)"
            }
        }
        return nil
    }

    /// Those of multiport (check() in the kernel's net/netfilter/xt_multiport.c): dccp is 33, udplite is 136.
    private static let protocolsWithPorts: Set<UInt8> = [ProtocolMatch.tcp, ProtocolMatch.udp, ProtocolMatch.sctp, 33, 136]

    private static let namesOfThose = "tcp, udp, udplite, sctp and dccp"
    private static func hasPorts(_ proto: ProtocolMatch?) -> Bool {
        proto.map { !$0.negated && protocolsWithPorts.contains($0.number) } ?? false
    }

    private var everyFault: String? {
        guard let every else { return nil }
        if probability != nil { return "a packet is hit by chance or by its turn, not by both" }
        return (2...Int(Int32.max)).contains(every) ? nil : "of every \(every) packets one can't be hit"
    }

    private var probabilityFault: String? {
        guard let probability, !(probability > 0 && probability < 1) else { return nil }
        return "a probability lies between 0 and 1, and \(probability) does not"
    }
}

extension IPFamily {
    var name: String { self == .ipv4 ? "IPv4" : "IPv6" }
    /// The program that shows this family's legacy tables.
    var program: String { self == .ipv4 ? "iptables" : "ip6tables" }
}
