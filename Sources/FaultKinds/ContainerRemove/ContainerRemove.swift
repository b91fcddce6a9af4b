// container.remove: containers are deleted, and whoever wants them makes new ones.
public import FaultModel

/// Deletes containers. What they wrote outside their volumes is lost, so it must be asked for.
public struct ContainerRemove: FaultKind {
    public struct Parameters: Sendable {
        var targets: ContainerSelection
    }

    public init() {}

    public let name = "container.remove"
    public let summary = "Delete containers, and watch whether something makes them anew"
    public let details = """
        Kills and deletes the chosen containers, as docker rm -f does. Volumes stay, anonymous ones too. Nothing can bring a deleted container \
        back, so this needs allow_irreversible; a supervisor such as the kubelet makes a new one, and the answer tells which and how fast.
        """
    public var manual: KindManual {
        KindManual(
            touches: """
                The chosen containers with their writable layers and logs, each pinned by id and start time. No volume is removed, no image.
                """,
            undo: """
                None: it needs allow_irreversible=true. The end of the lease only tells what took the container's place, and what is still \
                missing.
                """,
            backstop: """
                systemd: a transient timer runs faultd revert for this fault half a second after the lease; there is nothing left for it to undo.
                """,
            next: """
                The kubelet makes a new container for its pod. Docker and podman do nothing: a removed container takes its restart policy with it. \
                Compose makes it anew at the next docker compose up.
                """)
    }
    public let requires: [Capability] = [.containerRuntime]
    public var fields: [FieldDescription] { ContainerSelection.fields }
    public var examples: [KindExample] {
        [
            KindExample("A pod's container, which the kubelet makes anew", ["name": "k8s_kube-apiserver", "expect": "1"]),
            KindExample("All containers of a pod in containerd", ["pod": "^etcd-node$", "runtime": "containerd"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(targets: ContainerSelection(&reader)) }
    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery(containers: true) }
    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan { try parameters.targets.plan(.remove, on: node) }
}
