// What can be seen of a node with no daemon to ask.
import FaultModel
import Glibc

/// Facts that need no privilege.
struct LocalNode: Hashable {
    /// How the control socket's file looks; nil where there is none.
    var socket: SocketFile?
    var socketPath: String
    var isRoot: Bool
    /// Whether the group faultd exists, and the user is in it.
    var hasGroup: Bool
    var inGroup: Bool
    var hasSystemd: Bool
    /// The unit file of the daemon.
    var unitFile: String?
    /// Sockets of container runtimes that are there.
    var runtimes: [String]
    var hasLegacyTables: Bool
    var hasJournal: Bool

    struct SocketFile: Hashable {
        var mode: UInt32
        var owner: String
        var group: String

        var text: String { "mode 0\(String(mode, radix: 8)), owner \(owner), group \(group)" }
    }

    var checks: [Check] { [permission, service, units, containers, packets, leftovers] }

    private var permission: Check {
        guard let socket else { return Check("socket", .bad, "There is no \(socketPath).") }
        return Check("socket", .note, "\(socketPath): \(socket.text). You are \(you).", remedy: remedy)
    }

    private var you: String { isRoot ? "root" : inGroup ? "in the group faultd" : "not in the group faultd" }

    private var remedy: String? {
        isRoot || inGroup ? nil : hasGroup ? "sudo usermod -aG faultd $USER, then log in again" : "Install faultd: its package makes the group."
    }

    private var service: Check {
        guard let unitFile else {
            return Check("service", .bad, "No faultd.service is installed.", remedy: "Install faultd, then: systemctl enable --now faultd")
        }
        return Check("service", .note, "\(unitFile) is installed.", remedy: "systemctl status faultd; systemctl start faultd")
    }

    private var units: Check {
        hasSystemd
            ? Check("systemd", .good, "systemd runs this node: faults on units are possible.")
            : Check("systemd", .bad, "systemd does not run this node: no fault on units.", remedy: "Run faultd where systemd is PID 1.")
    }

    private var containers: Check {
        runtimes.isEmpty
            ? Check("containers", .bad, "No container runtime's socket is here: no fault on containers.", remedy: "Start docker or containerd.")
            : Check("containers", .good, "Found \(runtimes.joined(separator: ", ")).")
    }

    private var packets: Check {
        hasLegacyTables
            ? Check("netfilter", .good, "The kernel has iptables (legacy) tables.")
            : Check(
                "netfilter", .note, "The kernel shows no iptables (legacy) tables: faultd uses nftables then, or loads them.",
                remedy: "If packet faults are refused: modprobe nf_tables, or modprobe -a iptable_filter ip6table_filter")
    }

    private var leftovers: Check {
        hasJournal
            ? Check(
                "journal", .note, "A journal is here; faults of a stopped daemon end by their backstops.",
                remedy: "Undo them now with: faultd revert --all")
            : Check("journal", .good, "No journal that you may see: no faults of a stopped daemon are known.")
    }
}

extension LocalNode {
    /// Looks, and changes nothing.
    static func look(socket path: String) -> LocalNode {
        let group = getgrnam("faultd").map { $0.pointee.gr_gid }
        return LocalNode(
            socket: SocketFile(path), socketPath: path, isRoot: geteuid() == 0, hasGroup: group != nil, inGroup: group.map(isMember) ?? false,
            hasSystemd: exists("/run/systemd/system"),
            unitFile: ["/etc", "/usr/local/lib", "/usr/lib", "/lib"].map { "\($0)/systemd/system/faultd.service" }.first(where: exists),
            runtimes: [
                ("docker", "/run/docker.sock"), ("containerd", "/run/containerd/containerd.sock"),
                ("containerd (k3s)", "/run/k3s/containerd/containerd.sock"), ("cri-o", "/run/crio/crio.sock"),
                ("podman", "/run/podman/podman.sock"),
            ].filter { exists($0.1) }.map(\.0),
            hasLegacyTables: exists("/proc/net/ip_tables_names"), hasJournal: exists("/var/lib/faultd/journal.sqlite"))
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func isMember(of group: gid_t) -> Bool {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = getgroups(Int32(groups.count), &groups)
        return getegid() == group || groups.prefix(Int(max(0, count))).contains(group)
    }
}

extension LocalNode.SocketFile {
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        mode = UInt32(status.st_mode) & 0o7777
        owner = getpwuid(status.st_uid).map { String(cString: $0.pointee.pw_name) } ?? String(status.st_uid)
        group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? String(status.st_gid)
    }
}
