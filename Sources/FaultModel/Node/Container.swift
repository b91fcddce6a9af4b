// Containers as the node's runtimes tell of them, and the pin that keeps a fault on the one it was meant for.

/// A container runtime on this node.
public enum Runtime: String, SpecWord, Sendable, Hashable {
    case docker, containerd
    case crio = "cri-o"
    case podman

    /// Serves the Container Runtime Interface, through which the kubelet drives it.
    public var speaksCRI: Bool { self == .containerd || self == .crio }

    /// The command that a person would use.
    public var tool: String {
        switch self {
        case .docker: "docker"
        case .podman: "podman"
        case .containerd, .crio: "crictl"
        }
    }
}

/// A container at one moment.
public struct Container: Sendable, Hashable, Codable {
    public var runtime: Runtime
    public var id: String
    public var name: String
    public var image: String
    /// The runtime's word for it: `running`, `exited`, `paused`, `created`.
    public var state: String
    public var labels: [String: String]
    public var createdAt: Timestamp?
    /// Kubernetes' sandbox ("pause") container, which holds a pod's namespaces.
    public var isSandbox: Bool
    /// `always`, `unless-stopped`, `on-failure`, `no`; nil where the runtime has no such thing (CRI).
    public var restartPolicy: String?

    public init(
        runtime: Runtime, id: String, name: String, image: String, state: String, labels: [String: String] = [:], createdAt: Timestamp? = nil,
        isSandbox: Bool = false, restartPolicy: String? = nil
    ) {
        self.runtime = runtime
        self.id = id
        self.name = name
        self.image = image
        self.state = state
        self.labels = labels
        self.createdAt = createdAt
        self.isSandbox = isSandbox
        self.restartPolicy = restartPolicy
    }

    enum CodingKeys: String, CodingKey {
        case runtime, id, name, image, state, labels
        case createdAt = "created_at"
        case isSandbox = "is_sandbox"
        case restartPolicy = "restart_policy"
    }

    public var isRunning: Bool { state == "running" }
    public var pod: String? { labels["io.kubernetes.pod.name"] }
    public var namespace: String? { labels["io.kubernetes.pod.namespace"] }
    public var podContainer: String? { labels["io.kubernetes.container.name"] }

    /// What stays the same when a supervisor replaces the container: its place in a pod or a compose project, else its name.
    public var workload: String {
        if let pod, let namespace { return "pod \(namespace)/\(pod)/\(isSandbox ? "POD" : podContainer ?? name)" }
        if let project = labels["com.docker.compose.project"], let service = labels["com.docker.compose.service"] {
            return "compose \(project)/\(service)/\(labels["com.docker.compose.container-number"] ?? "1")"
        }
        return "container \(name)"
    }
}

/// One container, so told that a restarted or another one can't be taken for it.
public struct ContainerPin: Sendable, Hashable, Codable {
    public var runtime: Runtime
    public var id: String
    public var name: String
    public var image: String
    public var workload: String
    /// The runtime's own text for the start of this run; a restarted container has another. Empty until prepared.
    public var startedAt: String
    /// The first process, in the node's pid namespace. 0 until prepared.
    public var pid: Int32
    public var restartPolicy: String?
    /// Gone for good once it has stopped (`docker run --rm`).
    public var autoRemove: Bool

    public init(
        runtime: Runtime, id: String, name: String, image: String, workload: String, startedAt: String = "", pid: Int32 = 0,
        restartPolicy: String? = nil, autoRemove: Bool = false
    ) {
        self.runtime = runtime
        self.id = id
        self.name = name
        self.image = image
        self.workload = workload
        self.startedAt = startedAt
        self.pid = pid
        self.restartPolicy = restartPolicy
        self.autoRemove = autoRemove
    }

    public init(_ container: Container) {
        self.init(
            runtime: container.runtime, id: container.id, name: container.name, image: container.image, workload: container.workload,
            restartPolicy: container.restartPolicy)
    }

    /// As people find it: `web (docker 0123456789ab)`.
    public var title: String { "\(name) (\(runtime.rawValue) \(shortID))" }
    public var shortID: String { String(id.prefix(12)) }

    /// Whether the runtime itself can start it again. A CRI runtime can't: there the kubelet makes a new one.
    public var canBeStarted: Bool { (runtime == .docker || runtime == .podman) && !autoRemove }
    /// A pod's pause container; its workload ends in the name that no container of a pod can have.
    public var isSandbox: Bool { isSupervised && workload.hasSuffix("/POD") }
    public var isSupervised: Bool { workload.hasPrefix("pod ") }
    public var hasRestartPolicy: Bool { ["always", "unless-stopped", "on-failure"].contains(restartPolicy) }
}
