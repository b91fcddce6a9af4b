// A daemon that is dead and stays so: what is left then is systemd's timers and the kernel.
import FaultClient
import Testing

extension Lab {
    /// Kills the daemon for good, does `body`, and starts it again.
    static func whileDaemonIsDead(_ body: () async throws -> Void) async throws {
        let text = "[Service]\\nRestart=no\\nExecStopPost=\\n"
        try await node(
            """
            mkdir -p /run/systemd/system/faultd.service.d; printf '\(text)' > /run/systemd/system/faultd.service.d/dead.conf
            systemctl daemon-reload; systemctl kill -s KILL faultd
            """)
        do { try await body() } catch { Issue.record(error) }
        try await node(
            "rm -r /run/systemd/system/faultd.service.d; systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
        try await settled()
    }

    /// A client of the daemon that runs now, which is not the one that a test began with.
    static func anew<T>(_ body: (FaultClient) async throws -> T) async throws -> T {
        let client = FaultClient(socket: try await socket())
        do {
            let result = try await body(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
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
