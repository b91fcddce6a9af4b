// Processes as /proc tells of them, and the pin that keeps a fault on the one it was meant for.

/// A process at one moment.
public struct NodeProcess: Sendable, Hashable, Codable {
    public var pid: Int32
    public var parent: Int32
    /// When it started, in ticks of 10 ms since boot (field 22 of proc_pid_stat(5)): with the pid it names one process of this boot.
    public var startTicks: UInt64
    /// proc_pid_comm(5): 15 bytes at most.
    public var name: String
    /// Its arguments with spaces between them, cut after `Limits.textBytes`; empty for a thread of the kernel.
    public var command: String
    public var uid: UInt32
    /// By /etc/passwd; nil for a user that only a directory server knows.
    public var user: String?
    /// One letter (proc_pid_stat(5)): `R`, `S`, `D`, `T` for stopped, `t` for stopped by a debugger.
    public var state: String
    /// Below the mount point of its cgroups: `/system.slice/nginx.service`.
    public var cgroup: String
    /// The systemd unit that it belongs to.
    public var unit: String?
    /// Id of the container that it belongs to.
    public var container: String?
    public var isKernel = false
    /// The first process of a pid namespace other than the node's: a container ends with it.
    public var isNamespaceInit = false

    public init(
        pid: Int32, parent: Int32 = 1, startTicks: UInt64, name: String, command: String, uid: UInt32 = 0, user: String? = "root",
        state: String = "S", cgroup: String = "/", container: String? = nil
    ) {
        self.pid = pid
        self.parent = parent
        self.startTicks = startTicks
        self.name = name
        self.command = command
        self.uid = uid
        self.user = user
        self.state = state
        self.cgroup = cgroup
        unit = Cgroup.unit(of: cgroup)
        self.container = container ?? Cgroup.container(of: cgroup)
    }

    enum CodingKeys: String, CodingKey {
        case pid, parent
        case startTicks = "start_ticks"
        case name, command, uid, user, state, cgroup, unit, container
        case isKernel = "is_kernel"
        case isNamespaceInit = "is_namespace_init"
    }

    /// Held by SIGSTOP, a terminal or a debugger already.
    public var isStopped: Bool { state == "T" || state == "t" }
    /// As people find it: `812 (nginx)`.
    public var title: String { "\(pid) (\(name))" }
}

/// What the path of a cgroup says of who is in it.
public enum Cgroup {
    private static let unitSuffixes = [".service", ".scope", ".socket", ".mount", ".swap"]

    /// The first part that is a unit other than a slice: what is below belongs to it, also where it has units of its own (`user@1000.service`).
    public static func unit(of path: String) -> String? {
        path.split(separator: "/").first { part in unitSuffixes.contains { part.hasSuffix($0) } }.map(String.init)
    }

    /// The deepest id of 64 hexadecimal digits, as every runtime names a container's cgroup: `docker-<id>.scope`, `/kubepods/pod…/<id>`.
    public static func container(of path: String) -> String? {
        path.split(separator: "/").reversed().lazy.compactMap { part in
            part.split(whereSeparator: { !$0.isHexDigit }).first { $0.count == 64 }.map(String.init)
        }.first
    }
}

/// One process, so told that another one with the same number can't be taken for it.
public struct ProcessPin: Sendable, Hashable, Codable {
    public var pid: Int32
    /// See `NodeProcess.startTicks`.
    public var startTicks: UInt64
    public var name: String
    /// The unit whose start would bring it back: it is at the top of it, or goes down with what is.
    public var unit: String?
    /// What starts it again when it has ended, in words; nil when nothing is known to.
    public var supervisor: String?

    public init(pid: Int32, startTicks: UInt64, name: String, unit: String? = nil, supervisor: String? = nil) {
        self.pid = pid
        self.startTicks = startTicks
        self.name = name
        self.unit = unit
        self.supervisor = supervisor
    }

    public init(_ process: NodeProcess) {
        self.init(pid: process.pid, startTicks: process.startTicks, name: process.name)
    }

    public var title: String { "\(pid) (\(name))" }
}
