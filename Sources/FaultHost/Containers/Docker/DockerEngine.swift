// Docker, and podman's service that speaks the same API.
import AsyncHTTPClient
import FaultModel
import NIOHTTP1
import Synchronization

final class DockerEngine: ContainerRuntime {
    let kind: Runtime
    let socket: String
    private let http: DockerHTTP
    /// The engine's version once it has been asked; forgotten when it refuses it (it was upgraded under us).
    private let known = Mutex<DockerVersion?>(nil)

    init(kind: Runtime, socket: String, client: HTTPClient) {
        self.kind = kind
        self.socket = socket
        http = DockerHTTP(client: client, socket: socket)
    }

    // MARK: - reading

    func version() async throws(Problem) -> String {
        let version = try await askVersion()
        return "\(kind.rawValue) \(version.version) (API \(version.chosen))"
    }

    /// `docker ps -a`
    func list() async throws(Problem) -> [Container] {
        let doing = "list \(kind.rawValue)'s containers"
        let answer = try await call(.GET, "/containers/json?all=1", ContainerLimits.read, doing)
        return try decode([DockerSummary].self, answer, doing).map { Container($0, kind: kind) }
    }

    /// `docker inspect ID`
    func inspect(_ id: String, isSandbox: Bool) async throws(Problem) -> ContainerRun? {
        let doing = "inspect \(kind.rawValue) container \(id.prefix(12))"
        let answer = try await call(.GET, "/containers/\(DockerHTTP.encode(id))/json", ContainerLimits.read, doing)
        if answer.status == 404 { return nil }
        return ContainerRun(try decode(DockerInspection.self, answer, doing), kind: kind)
    }

    // MARK: - acting

    /// `docker kill -s SIGNAL ID`; 409 is one that does not run, 404 one that is gone.
    func kill(_ id: String, isSandbox: Bool, with signal: Signal) async throws(Problem) {
        let doing = "kill \(kind.rawValue) container \(id.prefix(12))"
        let answer = try await call(.POST, "/containers/\(DockerHTTP.encode(id))/kill?signal=\(signal.rawValue)", ContainerLimits.act, doing)
        guard (200..<300).contains(answer.status) || answer.status == 409 || answer.status == 404 else { throw failure(answer, doing) }
    }

    /// `docker stop -t SECONDS ID`
    func stop(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem) {
        try await act("stop", .POST, "stop?t=\(seconds)", id, ContainerLimits.act + .seconds(seconds))
    }

    /// `docker restart -t SECONDS ID`
    func restart(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem) {
        try await act("restart", .POST, "restart?t=\(seconds)", id, ContainerLimits.act + .seconds(seconds))
    }

    /// `docker rm -f ID`, without `-v`.
    func remove(_ id: String, isSandbox: Bool) async throws(Problem) { try await act("remove", .DELETE, "?force=1&v=0", id, ContainerLimits.act) }

    /// `docker pause ID`, `docker unpause ID`
    func pause(_ id: String) async throws(Problem) { try await act("pause", .POST, "pause", id, ContainerLimits.act) }
    func resume(_ id: String) async throws(Problem) { try await act("unpause", .POST, "unpause", id, ContainerLimits.act) }

    /// 304 and 409 are "is so already", 404 is one that is gone: who acts looks afterwards.
    private func act(_ word: String, _ method: HTTPMethod, _ verb: String, _ id: String, _ limit: Duration) async throws(Problem) {
        let doing = "\(word) \(kind.rawValue) container \(id.prefix(12))"
        let path = "/containers/\(DockerHTTP.encode(id))" + (verb.hasPrefix("?") ? verb : "/" + verb)
        let answer = try await call(method, path, limit, doing)
        guard (200..<300).contains(answer.status) || [304, 404, 409].contains(answer.status) else { throw failure(answer, doing) }
    }

    /// `docker start ID`
    func start(_ id: String) async throws(Problem) -> StartAnswer {
        let answer = try await post(id, "start")
        // 304 is "runs already", which Docker also says of one that waits for its restart policy: only `docker restart` ends that wait.
        guard answer.status == 304, try await inspect(id, isSandbox: false)?.isAlive == false else { return meaning(answer) }
        return meaning(try await post(id, "restart?t=0"))
    }

    private func post(_ id: String, _ verb: String) async throws(Problem) -> DockerHTTP.Answer {
        let doing = "start \(kind.rawValue) container \(id.prefix(12))"
        return try await call(.POST, "/containers/\(DockerHTTP.encode(id))/\(verb)", ContainerLimits.act, doing)
    }

    private func meaning(_ answer: DockerHTTP.Answer) -> StartAnswer {
        switch answer.status {
        case 200..<300, 304: .started
        case 404: .gone
        default: .refused(answer.complaint)
        }
    }

    // MARK: - calls

    private func call(_ method: HTTPMethod, _ path: String, _ limit: Duration, _ doing: String) async throws(Problem) -> DockerHTTP.Answer {
        let answer = try await http.send(method, try await prefix() + path, limit: limit, doing)
        if answer.status == 400, answer.complaint.contains("version") {
            known.withLock { $0 = nil }
            return try await http.send(method, try await prefix() + path, limit: limit, doing)
        }
        return answer
    }

    /// `/v1.41`
    func prefix() async throws(Problem) -> String {
        if let version = known.withLock({ $0 }) { return "/v\(version.chosen)" }
        return "/v\(try await askVersion().chosen)"
    }

    func stream(_ path: String) async throws -> HTTPClientResponse.Body { try await http.stream(path) }

    private func askVersion() async throws(Problem) -> DockerVersion {
        let doing = "ask \(kind.rawValue) for its version"
        let version = try decode(DockerVersion.self, try await http.send(.GET, "/version", limit: ContainerLimits.read, doing), doing)
        known.withLock { $0 = version }
        return version
    }

    private func decode<T: Decodable>(_ type: T.Type, _ answer: DockerHTTP.Answer, _ doing: String) throws(Problem) -> T {
        guard answer.status == 200 else { throw failure(answer, doing) }
        do { return try answer.decode(type) } catch {
            throw Problem(.hostFailure, "could not \(doing): \(socket) gave an answer that is not understood: \(error)")
        }
    }

    private func failure(_ answer: DockerHTTP.Answer, _ doing: String) -> Problem {
        Problem(.hostFailure, "could not \(doing): \(answer.complaint) (\(socket))")
    }
}
