// Pinning the network namespace of a container, so that no other can be hit in its place. Reads only.
import FaultModel
import Glibc

struct Namespaces: Sendable {
    let containers: Containers
    private let thread = DedicatedThread(name: "namespaces")

    init(of containers: Containers) { self.containers = containers }

    /// Nil, for nil: the node's own.
    func pin(_ container: ContainerPin?) async throws(Problem) -> NamespacePin? {
        guard let container else { return nil }
        let pin: NamespacePin = try await pin(container)
        return pin
    }

    /// The namespace of a container that runs.
    func pin(_ container: ContainerPin) async throws(Problem) -> NamespacePin {
        try containers.requireOwnPIDs([container])
        guard let run = try await containers.run(of: container), run.container.isRunning else { throw Containers.noLongerRunning([container]) }
        guard run.pid > 0 else {
            throw Problem(.hostFailure, "\(container.title): \(container.runtime.rawValue) tells no process of it, so its network can't be found")
        }
        var pinned = container
        (pinned.startedAt, pinned.pid) = (run.startedAt, run.pid)
        return try await thread.run { [pinned] () throws(Problem) in try Self.look(at: pinned) }
    }

    /// Refuses interfaces that the pinned network does not have; those of the node's own are looked at when a fault is planned.
    func require(_ interfaces: Set<String>, in pin: NamespacePin?) async throws(Problem) {
        guard let pin, !interfaces.isEmpty else { return }
        let missing = try await thread.run { () throws(Problem) in
            try NetworkNamespace.run(pin) { () throws(Problem) in interfaces.filter { if_nametoindex($0) == 0 }.sorted() }
        }
        guard let missing else { throw pin.gone() }
        guard let first = missing.first else { return }
        throw Problem(
            .noMatch, "the network of \(pin.container.title) has no interface \(first)", hint: "the first one of a container is mostly eth0",
            errors: [.init("spec.interface", "\(first) is not there")])
    }

    private static func look(at container: ContainerPin) throws(Problem) -> NamespacePin {
        guard let identity = try NetworkNamespace.identity(at: "/proc/\(container.pid)/ns/net") else {
            throw Containers.noLongerRunning([container])
        }
        guard try identity.inode != NetworkNamespace.own().inode else {
            throw Problem(
                .impossible, "\(container.title) uses the node's own network: what is done there is done to the node",
                hint: "leave container out to mean the node, or choose containers that have a network of their own")
        }
        return NamespacePin(container: container, pid: container.pid, inode: identity.inode, cookie: identity.cookie)
    }
}

extension NamespacePin {
    /// For the outcome of an undo whose namespace is gone.
    var goneNote: String { "\(container.title): its network is gone, and with it whatever was there" }

    /// For a fault that is in force no more.
    var goneDrift: String { "\(container.title) has ended or was restarted: its network is gone, and a new one is not faulted" }

    func gone() -> Problem { Problem(.noMatch, goneDrift, hint: "list what runs and try again") }
}
