// Workers as the node shows them: processes, control groups and files, never faultd's own word.
import FaultClient
import FaultModel
import Foundation
import Testing

enum WorkerSight {
    /// Shell functions for scripts in the node.
    static let functions = """
        group() { p=$(systemctl show -p ControlGroup --value "$1"); for r in /sys/fs/cgroup/unified /sys/fs/cgroup; do
          [ -e "$r/cgroup.controllers" ] && [ -n "$p" ] && echo "$r$p" && return; done; }
        cpu() { sed -n 's/^usage_usec //p' "$1/cpu.stat"; }

        """

    static func run(_ script: String) async throws -> String {
        try await Lab.node(functions + script).text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func number(_ script: String) async throws -> Int {
        let text = try await run(script)
        return try #require(Int(text), "\(script): \(text)")
    }

    static func unit(of fault: FaultDocument) -> String { "faultd-worker-\(fault.id.text.lowercased())-1.service" }

    /// Processes of workers, units, control groups and folders: all that may be left, as lines.
    static func leftovers() async throws -> String {
        try await run(
            """
            pgrep -a stress-ng; pgrep -af '[f]aultd worker'; systemctl list-units --all --no-legend --plain 'faultd-worker*' 'faultd-*-workers*'
            find /sys/fs/cgroup -name 'faultd-worker*'; ls -d /var/.faultd* /run/faultd-worker* 2>/dev/null; true
            """)
    }

    static func expectNothingLeft() async throws {
        try await Lab.eventually("nothing of a worker is left", within: .seconds(5)) { try await leftovers().isEmpty }
    }
}
