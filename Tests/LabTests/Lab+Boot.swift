// Tests in which the node itself goes down.
import FaultClient
import Testing

extension Lab {
    /// A client of the daemon that runs now, which is not the one that a test began with.
    static func anew<T: Sendable>(_ body: (FaultClient) async throws -> T) async throws -> T {
        try await FaultClient.with(socket: try await socket(), body)
    }

    /// As `restoring`, where the node itself goes down: the socket's way there is another one after the boot.
    static func restoringOverABoot(_ body: (FaultClient) async throws -> Void) async throws {
        try await settled()
        let before = try await snapshot()
        try await anew(body)
        // A boot leaves dead what has no restart policy; other tests want it.
        try await node("docker start batch")
        try await settled()
        try await anew { _ = try await $0.endAll() }
        try await eventually("the node is as it was before", within: .seconds(20)) { try await snapshot() == before }
        #expect(try await snapshot() == before)
    }
}
