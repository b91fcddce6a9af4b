// What the node has and faultd is kept from, by its own unit or its container.
import CLinux
import FaultModel
import Glibc

/// The first process sees the whole node; the daemon sees what systemd.exec(5) leaves it (ProtectHome=, ProtectSystem= and their like).
enum NodesView {
    /// Where the node's own root is, for whoever has another: the first process' (proc_pid_root(5)).
    static let root = "/proc/1/root"

    /// What to tell of a path that the node has, or can write to, and faultd has not or can't. Nil where both see the same.
    static func keeps(_ path: String) -> String? {
        let nodes = root + path
        var raw = faultd_file_status()
        guard faultd_status_at(nodes, &raw) == 0 else { return nil }
        if faultd_status_at(path, &raw) == 0, !isReadOnly(path) || isReadOnly(nodes) { return nil }
        return "is kept from faultd by its unit (ProtectHome= in faultd.service keeps /home, /root, /run/user) or container: see docs/hardening.md"
    }

    private static func isReadOnly(_ path: String) -> Bool {
        var system = statvfs()
        // ST_RDONLY of statvfs(3).
        return statvfs(path, &system) == 0 && system.f_flag & 1 != 0
    }
}
