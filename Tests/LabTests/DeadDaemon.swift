// faultd kept from coming back once it is killed: only backstops are left to end what it had in force.
import Testing

enum Dead {
    private static let folder = "/run/systemd/system/faultd.service.d"

    /// The unit without `Restart=` and `ExecStopPost=`: what is killed stays dead.
    static func begin() async throws {
        try await Lab.node("mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(folder)/dead.conf; systemctl daemon-reload")
    }

    static func end() async throws { try await Lab.node("rm -r \(folder); systemctl daemon-reload") }

    /// `kill -9`, with neither a restart nor what the unit does when it stops.
    static func kill() async throws {
        try await begin()
        try await Lab.node("systemctl kill -s KILL faultd; systemctl stop faultd")
        #expect(try await Lab.state(of: "faultd") != "active")
    }

    /// Checks that it was dead until now, and brings it back.
    static func revive() async throws {
        #expect(try await Lab.state(of: "faultd") != "active")
        try await end()
        try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
        try await Lab.settled()
    }

    /// Runs `body`, in which the daemon may be killed, and starts it again.
    static func lasting(_ body: () async throws -> Void) async throws {
        try await begin()
        do { try await body() } catch { Issue.record(error) }
        try await end()
        try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
        try await Lab.settled()
    }

    /// Kills the daemon for good, does `body`, and starts it again.
    static func meanwhile(_ body: () async throws -> Void) async throws {
        try await kill()
        do { try await body() } catch { Issue.record(error) }
        try await revive()
    }
}
