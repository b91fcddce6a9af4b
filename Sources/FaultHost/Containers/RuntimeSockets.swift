// Where runtimes listen.
import CLinux
import FaultModel

/// A socket that a runtime may have made.
struct RuntimeSocket: Sendable, Hashable {
    var kind: Runtime
    var path: String

    /// The usual ones. Podman is first: podman-docker makes docker.sock a link to its own, and the first of two names counts.
    static let usual = [
        RuntimeSocket(kind: .podman, path: "/run/podman/podman.sock"),
        RuntimeSocket(kind: .docker, path: "/run/docker.sock"),
        RuntimeSocket(kind: .docker, path: "/var/run/docker.sock"),
        RuntimeSocket(kind: .containerd, path: "/run/containerd/containerd.sock"),
        RuntimeSocket(kind: .containerd, path: "/run/k3s/containerd/containerd.sock"),
        RuntimeSocket(kind: .crio, path: "/run/crio/crio.sock"),
    ]

    /// The same ones below another root, such as `/proc/<pid>/root` of a node.
    static func usual(below root: String) -> [RuntimeSocket] { usual.map { RuntimeSocket(kind: $0.kind, path: root + $0.path) } }

    /// Device and inode, the same for two names of one socket; nil when it is not there.
    static func identity(_ path: String) -> String? {
        var identity = faultd_file_identity()
        guard faultd_identify(path, &identity) == 0, identity.is_socket else { return nil }
        return "\(identity.device):\(identity.inode)"
    }
}
