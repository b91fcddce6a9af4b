// network.dns: some names don't resolve, or to something else.
public import FaultModel

/// Answers DNS queries for given names in the server's place, or not at all.
public struct NetworkDNS: FaultKind {
    public struct Parameters: Sendable {
        var names: [DNSName]
        var answers: [DNSAnswer]
        var peers: [Peer]
        var forwarded: Bool
        var container: ContainerScope?
    }

    public init() {}

    private static let names = Field<[DNSName]>(
        "names", singular: "name",
        "Which names are asked for: db.example.com is that name alone, *.example.com every name below it. Upper and lower case are the same.",
        check: { (1...mostNames).contains($0.count) ? nil : "must be 1 to \(mostNames) names" })
    private static let answer = Field<[DNSAnswer]>(
        "answer", default: [.nxdomain],
        "nxdomain: there is no such name; servfail: the server could not find out; timeout: nobody answers; or addresses, which may be wrong. "
            + "With addresses of one family only, there is none of the other.",
        check: complaint)
    private static let peers = Field<[Peer]>(
        "peers", singular: "peer", default: [],
        "Only queries to these servers: addresses, networks, or host names (resolved once, when the fault is planned). None: every server.")
    private static let forwarded = Field<Bool>(
        "forwarded", default: true,
        "Also queries that arrive at this node: those of containers and pods, and of other machines that it routes or resolves for.")

    private static let mostNames = 64
    private static let mostAddresses = 16

    private static func complaint(_ answers: [DNSAnswer]) -> String? {
        if answers.isEmpty { return "must not be empty" }
        if answers.count > mostAddresses { return "must be at most \(mostAddresses) addresses" }
        return answers.count == 1 || answers.allSatisfy(\.isAddress) ? nil : "must be one of nxdomain, servfail and timeout, or addresses alone"
    }

    public let name = "network.dns"
    public let summary = "Answer DNS queries for some names wrongly, or not at all"
    public let details = """
        UDP queries to port 53 that hold one of the names are handed to a worker of faultd's own, which looks at the question, answers those that are \
        meant as their server would have, and lets all others pass. Servers on loopback are met as well. Nothing is translated or remembered: an \
        open socket works again with the first query after the fault. DNS over TCP, TLS and HTTPS is not touched.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                Rules in chains of faultd's own (FAULTD-OUTPUT, FAULTD-PREROUTING) of the legacy raw table, IPv4 and IPv6, that hand queries which \
                hold a name to one packet queue; and a worker, faultd-worker-*.service, that listens on it. Every other packet goes past it in the \
                kernel. Inside a container both are in the container's network. Answers come from the address that was asked, carry the mark \
                0x\(String(Self.mark, radix: 16)), and are not tracked as connections.
                """,
            undo: """
                The rules that carry the fault's mark are removed, then their chains when they are empty, then the worker is stopped. Rules of others \
                that changed meanwhile are told as drift and stay as they are.
                """,
            backstop: """
                The kernel: every rule stops matching at the end of the lease by itself. A transient timer of systemd stops the worker. Without \
                the worker the rules let everything pass.
                """,
            next: """
                Whoever keeps answers (systemd-resolved, nscd, dnsmasq, browsers, the JVM) answers from what it kept until that is too old: a fault \
                seems to begin late. What the fault answers may be kept for 1 s, and that there is no such name not at all; a cache with a minimum of \
                its own keeps it longer. After a timeout or SERVFAIL many resolvers ask another server, or avoid this one for a while. A resolver that \
                turns to TCP gets the true answer.
                """)
    }
    public let requires: [Capability] = [.netfilter, .systemd]
    public var fields: [FieldDescription] {
        var names = Self.names.description
        names.required = true
        return [names, Self.answer.description, Self.peers.description, Self.forwarded.description, ContainerScope.field]
    }
    public var examples: [KindExample] {
        [
            KindExample("A database that nobody finds", ["name": "db.example.com"]),
            KindExample(
                "Everything below a domain fails, of this node's own queries", ["name": "*.example.com", "answer": "servfail", "forwarded": "false"]),
            KindExample("An address where nobody lives", ["name": "api.example.com", "answer": "192.0.2.1,2001:db8::1"]),
            KindExample(
                "One server does not answer one container",
                ["name": "db.example.com", "answer": "timeout", "peer": "10.0.0.2", "container.name": "^web$"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            names: reader.read(Self.names, standIn: []), answers: reader.read(Self.answer) ?? [.nxdomain], peers: reader.read(Self.peers) ?? [],
            forwarded: reader.read(Self.forwarded) ?? true, container: ContainerScope.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery {
        var query = NodeQuery()
        query.hostNames = parameters.servers.hostNames
        return ContainerScope.ask(query, for: parameters.container)
    }
}
