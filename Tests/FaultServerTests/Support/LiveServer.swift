// A control server on a socket in a folder of its own, run as the daemon runs it, and stopped at the end of the test.
import FaultEngine
import FaultModel
import FaultTesting
import Foundation
import Logging
import ServiceLifecycle

@testable import FaultServer

/// The clock of the machine: what the server waits for by itself is short in these tests.
struct RealClock: NodeClock {
    let bootID = "test"

    func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let boot = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return Moment(boot: boot, wall: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
    }

    func sleep(until boot: Int64) async throws { try await Task.sleep(for: .nanoseconds(max(0, boot - now().boot))) }
}

struct LiveServer: Sendable {
    let path: String
    let stop: @Sendable () async -> Void

    /// A server of the real engine on the model node; both run by the bench's clock.
    static func with<T: Sendable>(_ bench: Bench = Bench(), _ body: @escaping @Sendable (LiveServer) async throws -> T) async throws -> T {
        try await bench.controller.start()
        return try await withTemporaryFolder { folder in
            let socket = try UnixSocket.bind(path: folder + "/faultd.sock")
            return try await run(socket, body) { onServing in
                ControlServer(controller: bench.controller, socket: socket, clock: bench.clock, logger: quiet, onServing: onServing)
            }
        }
    }

    /// A server of any routes, by the clock of the machine.
    static func with<T: Sendable>(
        routes: [Route], stopWithin: Duration = .seconds(5), _ body: @escaping @Sendable (LiveServer) async throws -> T
    ) async throws -> T {
        try await withTemporaryFolder { folder in
            try await serve(RouteTable(routes: routes), on: UnixSocket.bind(path: folder + "/faultd.sock"), stopWithin: stopWithin, body)
        }
    }

    static func serve<T: Sendable>(
        _ table: RouteTable, on socket: UnixSocket, stopWithin: Duration = .seconds(5), logger: Logger = quiet,
        _ body: @escaping @Sendable (LiveServer) async throws -> T
    ) async throws -> T {
        try await run(socket, body) { onServing in
            ControlServer(table: table, socket: socket, clock: RealClock(), logger: logger, stopWithin: stopWithin, onServing: onServing)
        }
    }

    /// Runs a server as the daemon's service group does.
    private static func run<T: Sendable>(
        _ socket: UnixSocket, _ body: @escaping @Sendable (LiveServer) async throws -> T,
        make: (@escaping @Sendable () async -> Void) -> ControlServer
    ) async throws -> T {
        let (serving, isServing) = AsyncStream.makeStream(of: Void.self)
        let server = make { isServing.finish() }
        let group = ServiceGroup(services: [server], logger: quiet)
        return try await withThrowingTaskGroup(of: T?.self) { tasks in
            tasks.addTask {
                defer { isServing.finish() }
                try await group.run()
                return nil
            }
            for await _ in serving {}
            tasks.addTask {
                let result = await Result { try await body(LiveServer(path: socket.path) { await group.triggerGracefulShutdown() }) }
                await group.triggerGracefulShutdown()
                return try result.get()
            }
            var result: T?
            while let ended = try await tasks.next() { result = ended ?? result }
            guard let result else { throw RawConnection.Failure(what: "the server ended before the test") }
            return result
        }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// One request on a connection of its own.
    func call(_ method: String, _ target: String, headers: [String: String] = [:], body: String? = nil) async throws -> RawAnswer {
        let connection = try RawConnection(to: path)
        var head = "\(method) \(target) HTTP/1.1\r\nhost: node\r\nconnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "content-length: \(body.utf8.count)\r\n" }
        try await connection.send(head + "\r\n" + (body ?? ""))
        return try RawAnswer(await connection.readToEnd())
    }

    func get(_ target: String, headers: [String: String] = [:]) async throws -> RawAnswer { try await call("GET", target, headers: headers) }

    /// As `curl -d` sends it.
    func post(_ target: String, form: String, headers: [String: String] = [:]) async throws -> RawAnswer {
        let type = ["content-type": "application/x-www-form-urlencoded"]
        return try await call("POST", target, headers: headers.merging(type) { own, _ in own }, body: form)
    }

    func post(_ target: String, json: String, headers: [String: String] = [:]) async throws -> RawAnswer {
        try await call("POST", target, headers: headers.merging(["content-type": "application/json"]) { own, _ in own }, body: json)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension RawAnswer {
    func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T { try JSONDecoder().decode(T.self, from: Data(body)) }
    var problem: Problem { get throws { try decoded() } }
}

func withTemporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    var template = Array("/tmp/faultd-server-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RawConnection.Failure(what: "mkdtemp") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// What a command prints.
func shell(_ command: String) async throws -> String {
    try await offload {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
