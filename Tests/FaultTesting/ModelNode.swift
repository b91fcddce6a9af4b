// A small model of a node: rules, units with their triggers, timers, containers. It prints itself as text.
public import FaultModel

public struct ModelNode: Sendable {
    public struct Rule: Sendable {
        var mark: String
        var rule: PacketRule
        /// When the kernel stops matching. Like the real one it goes by the wall clock.
        var until: Timestamp
        /// The container's network that it is in; nil is the node's own.
        var inside: UInt64?

        func isOf(_ undo: PacketUndo) -> Bool { mark == undo.fault.mark && inside == undo.namespace?.inode }
    }

    public struct UnitModel: Sendable {
        var isActive = true
        /// Whether systemd starts it at boot.
        var isEnabled = true
        var triggeredBy: [String] = []
        var dependents: [String] = []
        var pulls: [String] = []
        var runtime: Runtime?
        var isMasked = false
        /// Whether `Restart=` brings it back at once.
        var restarts = false
    }

    public struct Timer: Sendable {
        var fault: FaultID
        var until: Int64
        var starts: [String] = []
    }

    public var rules: [Rule] = []
    /// Rules of others where the faults go.
    public var foreignRules = 3
    /// Somebody put rules before the jump to ours.
    public var isJumpDisplaced = false
    public var units: [String: UnitModel]
    public var timers: [String: Timer] = [:]
    public var containers: [Container]
    /// How often each was started, by its id: every start makes a new network.
    var networks: [String: UInt64] = [:]
    public var processes = ModelNode.usualProcesses
    public var daemonLine: [Int32] = []
    public var callerLine: [Int32] = []
    /// Things with a value, such as `qdisc eth0`: as they are without faults.
    public var settings: [String: String] = [:]
    /// What faults have set over that, in their order.
    var overlays: [Overlay] = []
    /// False is a node without a service manager: nothing there can end a fault on units or containers when the daemon is dead.
    public var hasSystemd = true
    /// What it lacks besides.
    public var lacks: Set<Capability> = []
    /// Backstops that are foreseen can't be had any more when they are to be armed.
    public var losesBackstops = false
    /// What the runtime takes for stopped by hand, until it is started again.
    var stoppedByHand: Set<String> = []
    public var lifelines = Lifelines()
    /// Who came by ssh, by the process that asks.
    public var sshCallers: [Int32: SSHPeer] = [:]
    var nextID = 100

    /// What the examples of the catalogue need, and some neighbours that nothing may touch.
    public init() {
        units = [
            "nginx.service": UnitModel(),
            "docker.service": UnitModel(triggeredBy: ["docker.socket"], dependents: ["registry.service"], runtime: .docker),
            "docker.socket": UnitModel(), "registry.service": UnitModel(pulls: ["docker.service"]), "node-agent.service": UnitModel(),
            "idle.service": UnitModel(isActive: false, isEnabled: false),
            "systemd-timesyncd.service": UnitModel(),
            "app-1.service": UnitModel(restarts: true), "app-2.service": UnitModel(),
            "by-hand.service": UnitModel(isEnabled: false), "ssh.service": UnitModel(), "needs-ssh.service": UnitModel(dependents: ["ssh.service"]),
        ]
        containers = [
            Container(runtime: .docker, id: "aaaa1111", name: "web", image: "lab/work:local", state: "running", restartPolicy: "always"),
            Container(runtime: .docker, id: "bbbb2222", name: "job", image: "lab/work:local", state: "running", restartPolicy: "no"),
            Container(runtime: .docker, id: "bbbb3333", name: "proxy", image: "lab/proxy", state: "running", restartPolicy: "unless-stopped"),
            Container(runtime: .docker, id: "cccc3333", name: "old", image: "lab/work:local", state: "exited", restartPolicy: "no"),
            Self.pod("dddd4444", "kube-apiserver-node", "kube-apiserver"), Self.pod("eeee5555", "kube-apiserver-node", nil),
            Self.pod("ffff6666", "etcd-node", "etcd"),
        ]
    }

    /// A pod's container, or its sandbox.
    private static func pod(_ id: String, _ pod: String, _ name: String?) -> Container {
        Container(
            runtime: .containerd, id: id, name: "k8s_\(name ?? "POD")_\(pod)_kube-system", image: name.map { "registry/\($0)" } ?? "pause",
            state: "running",
            labels: [
                "io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": "kube-system", "io.kubernetes.container.name": name ?? "POD",
            ], isSandbox: name == nil)
    }

    /// A container that nothing is known to start again.
    public mutating func addLonelyContainer() {
        containers.append(Container(runtime: .containerd, id: "9999aaaa", name: "lonely", image: "lab/lonely", state: "running"))
    }

    // MARK: what happens by itself

    /// The kernel and systemd at this time, with no daemon: timers fire. Rules that ran out are only not in force any more.
    public mutating func pass(to boot: Int64) {
        for (name, timer) in timers where timer.until <= boot {
            for unit in timer.starts { start(unit) }
            // The service runs `faultd revert --fault ID`.
            overlays.removeAll { $0.fault == timer.fault }
            timers[name] = nil
        }
    }

    public mutating func start(_ name: String) {
        guard units[name]?.isMasked == false, units[name]?.isActive == false else { return }
        units[name]?.isActive = true
        guard let runtime = units[name]?.runtime else { return }
        for index in containers.indices where containers[index].runtime == runtime && comesBack(containers[index]) {
            containers[index].state = "running"
        }
    }

    /// With its runtime, after that was down.
    private func comesBack(_ container: Container) -> Bool {
        container.restartPolicy == "always" || (container.restartPolicy == "unless-stopped" && !stoppedByHand.contains(container.id))
    }

    /// Power off and on: rules, timers and whatever was started by hand are gone; what is enabled is up, and a pod's agent brings it back.
    public mutating func reboot() {
        (rules, timers) = ([], [:])
        overlays.removeAll { !$0.isLasting }
        units = units.mapValues { unit in
            var unit = unit
            unit.isActive = unit.isEnabled && !unit.isMasked
            return unit
        }
        for index in containers.indices where containers[index].pod != nil && containers[index].state == "paused" {
            containers[index].state = "running"
        }
        for index in containers.indices where containers[index].pod == nil {
            containers[index].state = comesBack(containers[index]) ? "running" : "exited"
        }
    }

    mutating func stop(_ name: String) {
        units[name]?.isActive = false
        guard let runtime = units[name]?.runtime else { return }
        for index in containers.indices where containers[index].runtime == runtime {
            containers[index].state = "exited"
            loseNetwork(of: containers[index].id)
        }
    }

    /// A container's end. Its supervisor acts at once: a pod's container is replaced, Docker's `always` is started again.
    mutating func kill(_ id: String, byHand: Bool) {
        guard let index = containers.firstIndex(where: { $0.id == id && $0.isRunning }) else { return }
        loseNetwork(of: id)
        if containers[index].pod != nil {
            nextID += 1
            containers[index].id = "new\(nextID)"
            return
        }
        if byHand { stoppedByHand.insert(id) }
        if byHand || !comesBack(containers[index]) { containers[index].state = "exited" }
    }

    // MARK: text

    /// Everything that a fault could have changed, as text. Rules that have run out are inert, and said to be.
    public func text(at now: Moment) -> String {
        var lines = ["\(foreignRules) rules of others"]
        lines += rules.map {
            (now.wall < $0.until ? "" : "inert ") + ($0.inside.map { "inside \($0) " } ?? "") + $0.rule.iptablesArguments(mark: $0.mark, until: nil)
        }
        lines += units.sorted { $0.key < $1.key }.map {
            "\($0.key) \($0.value.isActive ? "active" : "inactive")\($0.value.isMasked ? " masked" : "")"
        }
        lines += timers.sorted { $0.key < $1.key }.map { "timer \($0.key) starts \($0.value.starts.joined(separator: " "))" }
        lines += valuesOfSettings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        lines += containers.sorted { $0.name < $1.name }.map { "container \($0.name) \($0.state)" }
        return lines.joined(separator: "\n")
    }

    /// What is in force: the same without what is inert.
    public func effect(at now: Moment) -> String { text(at: now).split(separator: "\n").filter { !$0.hasPrefix("inert ") }.joined(separator: "\n") }
}
