// Units of a test's own on the lab's node: made for it, gone after it.
import FaultClient
import FaultModel
import Foundation
import Testing

struct UnitVictims {
    /// Writes a line to this file twenty times a second: progress, as seen from outside.
    static let progress = "/run/lab-progress"
    static let steady = "ExecStart=/bin/sh -c 'while :; do echo >>\(progress); sleep 0.05; done'"
    static let sleeper = "ExecStart=/bin/sleep inf"

    /// Unit files in /etc, started, and removed whatever happens; what the node was like is compared around it.
    static func with(_ services: KeyValuePairs<String, String>, _ body: (FaultClient) async throws -> Void) async throws {
        let names = services.map(\.key).joined(separator: " ")
        try await Lab.restoring { client in
            for (name, text) in services {
                try await Lab.node("printf '%s\\n' '[Service]' \"\(text.replacing("\"", with: "\\\""))\" > /etc/systemd/system/\(name)")
            }
            try await Lab.node("rm -f \(progress); systemctl daemon-reload; systemctl start \(names)")
            do { try await body(client) } catch { Issue.record(error) }
            _ = try? await client.endAll()
            try await Lab.node(
                """
                systemctl kill -s KILL \(names); systemctl stop \(names); systemctl reset-failed \(names)
                cd /etc/systemd/system && rm -f \(names) \(progress); systemctl daemon-reload
                """)
        }
    }

    static func show(_ property: String, _ unit: String) async throws -> String {
        try await Lab.node("systemctl show -P \(property) \(unit)").text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// How many bytes of progress the steady unit makes in a second.
    static func progress() async throws -> Int {
        let script = "a=$(stat -c %s \(progress)); sleep 1; echo $(($(stat -c %s \(progress)) - a))"
        return try #require(Int(try await Lab.node(script).text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// With a daemon that nobody restarts and nothing cleans up after, killed once `body` has injected; then the leases are over.
    static func orphaned(_ client: FaultClient, losing journal: Bool = false, _ body: () async throws -> Void, check: () async throws -> Void)
        async throws
    {
        let folder = "/run/systemd/system/faultd.service.d"
        try await Lab.node("mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(folder)/dead.conf; systemctl daemon-reload")
        do {
            try await body()
            try await Lab.node("systemctl kill -s KILL faultd" + (journal ? "; rm -f /var/lib/faultd/*" : ""))
            try await check()
        } catch { Issue.record(error) }
        try await Lab.node("rm -r \(folder); systemctl daemon-reload; systemctl reset-failed faultd; systemctl start faultd")
        try await Lab.settled()
    }
}
