// The node: what it can do, what could be hit, whether it is halted, ready and clean.
public import FaultModel

extension FaultClient {
    public func kinds() async throws(Problem) -> Answer<ListDocument<KindDocument>> { try await send(Call(path: "/v1/kinds")) }

    public func kind(_ name: String) async throws(Problem) -> Answer<KindDocument> {
        try await send(Call(path: "/v1/kinds/\(Call.segment(name))"))
    }

    /// - Parameter selector: the same fields as in a spec, such as `("name", "docker*")`.
    public func units(_ selector: [(String, String)] = []) async throws(Problem) -> Answer<TargetsDocument<Unit>> {
        try await send(Call(path: "/v1/targets/units", query: selector))
    }

    /// - Parameter selector: the same fields as in a spec, such as `("name", "^web")`.
    public func containers(_ selector: [(String, String)] = []) async throws(Problem) -> Answer<TargetsDocument<Container>> {
        try await send(Call(path: "/v1/targets/containers", query: selector))
    }

    /// - Parameter selector: the same fields as in a spec, such as `("unit", "nginx")`.
    public func processes(_ selector: [(String, String)] = []) async throws(Problem) -> Answer<TargetsDocument<NodeProcess>> {
        try await send(Call(path: "/v1/targets/processes", query: selector))
    }

    public func interfaces(_ selector: [(String, String)] = []) async throws(Problem) -> Answer<TargetsDocument<NetworkInterface>> {
        try await send(Call(path: "/v1/targets/interfaces", query: selector))
    }

    /// Reverts everything and refuses new faults until it is lifted; survives restarts of the daemon.
    public func halt(reason: String? = nil) async throws(Problem) -> Answer<HaltDocument> {
        let body = JSONValue.object(reason.map { [.init("reason", .string($0))] } ?? [])
        return try await send(Call(method: .post, path: "/v1/halt", body: .json(body), patience: Bounds.change))
    }

    public func haltState() async throws(Problem) -> Answer<HaltDocument> { try await send(Call(path: "/v1/halt")) }

    /// Lifts the halt. Lifting none is fine.
    public func resume() async throws(Problem) -> Answer<HaltDocument> {
        try await send(Call(method: .delete, path: "/v1/halt", patience: Bounds.change))
    }

    /// Throws unless the daemon says that it is alive.
    public func alive() async throws(Problem) {
        let (status, body) = try await exchange(Call(path: "/healthz"))
        guard status < 400 else { throw Problem(answer: body, status: status) }
    }

    /// Not being ready is an answer here, though HTTP calls it an error.
    public func ready() async throws(Problem) -> Answer<ReadyDocument> {
        try await send(Call(path: "/readyz"), accepting: [503])
    }

    public func node() async throws(Problem) -> Answer<NodeDocument> { try await send(Call(path: "/v1/node")) }

    /// Is every fault in force, and is anything of faultd's on the node that none accounts for.
    public func verify() async throws(Problem) -> Answer<VerifyDocument> { try await send(Call(path: "/v1/verify")) }

    /// Removes what no fault accounts for, and looks again.
    public func removeLeftovers() async throws(Problem) -> Answer<VerifyDocument> {
        try await send(Call(method: .post, path: "/v1/verify", patience: Bounds.change))
    }

    public func version() async throws(Problem) -> Answer<VersionDocument> { try await send(Call(path: "/version")) }
}
