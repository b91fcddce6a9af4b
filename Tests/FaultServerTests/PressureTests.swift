// Floods: neither a full table of descriptors nor a crowd of callers may shut the door for good.
import Foundation
import HTTPTypes
import Testing

@testable import FaultServer

@Suite struct PressureTests {
    private static let route = Route(.get, "/", "") { _ in .text("still here") }

    /// In a process of its own, because the limit is the whole process's.
    @Test func theServerOutlivesAFullTableOfDescriptors() async throws {
        await #expect(processExitsWith: .success) {
            try await LiveServer.with(routes: [Self.route]) { server in
                // libdispatch makes its timer at the first sleep, and dies if it can't.
                try await Task.sleep(for: .milliseconds(1))
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                limit.rlim_cur = 128
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                var files: [Int32] = []
                while case let file = open("/dev/null", O_RDONLY), file >= 0 { files.append(file) }
                // The last number goes to the client's end, so that the server has none for its own.
                close(files.removeLast())
                let before = clock()
                for _ in 0..<3 {
                    let caller = try RawConnection(to: server.path)
                    let heard = try await caller.readToEnd()
                    guard heard.isEmpty else { exit(2) }
                }
                try await Task.sleep(for: .milliseconds(500))
                guard clock() - before < CLOCKS_PER_SEC / 5 else { exit(3) }
                for file in files { close(file) }
                guard try await server.get("/").text == "still here" else { exit(4) }
            }
        }
    }

    @Test func aCrowdIsTurnedAwayUntilSomebodyLeaves() async throws {
        try await LiveServer.with(routes: [Self.route]) { server in
            var crowd = try (0..<Doorkeeper.mostConnections).map { _ in try RawConnection(to: server.path) }
            for connection in crowd {
                try await connection.send("GET / HTTP/1.1\r\nhost: node\r\n\r\n")
                try await connection.read(until: "still here")
            }
            await #expect(throws: RawConnection.Failure.self) { try await server.get("/") }
            crowd.removeAll()
            var isIn = false
            for _ in 0..<100 where !isIn {
                try await Task.sleep(for: .milliseconds(20))
                isIn = (try? await server.get("/").text) == "still here"
            }
            #expect(isIn)
        }
    }
}
