// Who may call, and as whom: other users, as the kernel sees them.
import FaultModel
import FaultTesting
import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import FaultServer

@Suite struct AccessTests {
    private static let whoAmI = Route(.post, "/who", "") { call in
        .text("\(call.caller.uid.map(String.init) ?? "-") \(call.caller.user ?? "-") \(call.caller.pid ?? 0 > 0 ? "pid" : "-")")
    }

    /// curl as another user; its exit code where it gets no answer.
    private func call(_ path: String, as user: String) async throws -> String {
        try await shell("setpriv --clear-groups \(user) curl -sS -X POST --unix-socket \(path) http://node/who 2>/dev/null || echo curl $?")
    }

    @Test(.enabled(if: getuid() == 0, "only root can act as somebody else")) func onlyTheGroupGetsIn() async throws {
        try await withTemporaryFolder { folder in
            chmod(folder, 0o755)
            let socket = try UnixSocket.bind(path: folder + "/s", mode: 0o660, group: 4242)
            try await LiveServer.serve(RouteTable(routes: [Self.whoAmI]), on: socket) { server in
                let member = try await call(server.path, as: "--reuid 65534 --regid 4242")
                #expect(member == "65534 nobody pid")
                let unnamed = try await call(server.path, as: "--reuid 3999999 --regid 4242")
                #expect(unnamed == "3999999 - pid")
                let stranger = try await call(server.path, as: "--reuid 65534 --regid 65534")
                #expect(stranger == "curl 7\n", "curl's code for: failed to connect")
            }
        }
    }

    @Test func everyChangeIsLoggedOnceWithWhoAskedForIt() async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Recorder { line in lines.withLock { $0.append(line) } } }
        let bench = Bench()
        try await withTemporaryFolder { folder in
            let socket = try UnixSocket.bind(path: folder + "/s")
            let table = RouteTable(controller: bench.controller, socketPath: socket.path, clock: bench.clock)
            try await LiveServer.serve(table, on: socket, logger: logger) { server in
                let fault: FaultDocument = try await server.post("/v1/faults", form: "kind=network.drop&port=443").decoded()
                _ = try await server.get("/v1/faults/\(fault.id)")
                _ = try await server.call("DELETE", "/v1/faults/\(fault.id)")
                _ = try await server.post("/v1/faults", form: "kind=nonsense")
                let who = "caller=\(NSUserName()) pid=\(getpid()) uid=\(getuid())"
                let requests = lines.withLock { $0.filter { $0.contains("/v1/") } }
                #expect(
                    requests == [
                        "info POST /v1/faults 201 caller=\(NSUserName()) fault=\(fault.id) pid=\(getpid()) uid=\(getuid())",
                        "info DELETE /v1/faults/\(fault.id) 200 caller=\(NSUserName()) fault=\(fault.id) pid=\(getpid()) uid=\(getuid())",
                        "info POST /v1/faults 400 \(who)",
                    ])
            }
        }
    }

    @Test func anUnforeseenErrorIsLoggedAndNotTold() async throws {
        struct Secret: Error { var text = "the password is 1234" }
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Recorder { line in lines.withLock { $0.append(line) } } }
        try await withTemporaryFolder { folder in
            let routes = [Route(.get, "/secret", "") { _ in throw Secret() }, Route(.get, "/stopping", "") { _ in throw CancellationError() }]
            try await LiveServer.serve(RouteTable(routes: routes), on: UnixSocket.bind(path: folder + "/s"), logger: logger) { server in
                let answer = try await server.get("/secret")
                #expect(answer.status == 500)
                #expect(try answer.problem.type == .internalError)
                #expect(!answer.text.contains("1234"))
                #expect(lines.withLock { $0.contains { $0.contains("1234") } })
                #expect(try await server.get("/stopping").status == 503)
            }
        }
    }
}

/// A log handler that hands every line over as text.
private struct Recorder: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    let record: @Sendable (String) -> Void

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        record("\(event.level) \(event.message)\(facts)")
    }
}
