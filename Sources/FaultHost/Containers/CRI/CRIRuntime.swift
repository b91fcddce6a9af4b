// containerd and CRI-O, as the kubelet sees them.
import FaultModel
import SwiftProtobuf

struct CRIRuntime: ContainerRuntime {
    let kind: Runtime
    let socket: String
    private let client: CRIClient

    init(kind: Runtime, socket: String) {
        self.kind = kind
        self.socket = socket
        client = CRIClient(socket: socket)
    }

    // MARK: - reading

    /// `crictl version`
    func version() async throws(Problem) -> String {
        let answer = try await client.session(ContainerLimits.read, "ask \(kind.rawValue) for its version") { session in
            try await session.call("Version", CRIVersionRequest(), CRIVersionResponse.self)
        }
        return "\(answer.runtimeName) \(answer.runtimeVersion) (CRI \(answer.runtimeApiVersion))"
    }

    /// `crictl pods` and `crictl ps -a`
    func list() async throws(Problem) -> [Container] {
        let kind = kind
        return try await client.session(ContainerLimits.read, "list \(kind.rawValue)'s containers") { session in
            async let pods = session.call("ListPodSandbox", CRIListPodSandboxRequest(), CRIListPodSandboxResponse.self)
            async let containers = session.call("ListContainers", CRIListContainersRequest(), CRIListContainersResponse.self)
            let (sandboxes, items) = (try await pods.items, try await containers.containers)
            let images = items.contains { $0.imageName.hasPrefix("sha256:") } ? try await imageNames(session) : [:]
            return CRIListing.containers(kind, sandboxes, items, images: images)
        }
    }

    /// `crictl images`: the kubelet of some releases names an image by its id, which no selector would match.
    private func imageNames(_ session: CRISession) async throws -> [String: String] {
        let answer = try await session.call("ListImages", CRIListImagesRequest(), CRIListImagesResponse.self, service: "runtime.v1.ImageService")
        return answer.images.reduce(into: [:]) { names, image in names[image.id] = image.repoTags.first }
    }

    /// `crictl inspect ID`, or `crictl inspectp ID` for a sandbox
    func inspect(_ id: String, isSandbox: Bool) async throws(Problem) -> ContainerRun? {
        let kind = kind
        return try await client.session(ContainerLimits.read, "inspect \(kind.rawValue) container \(id.prefix(12))") { session in
            if isSandbox { return try await sandbox(id, session).map { ContainerRun($0, kind: kind) } }
            let request = CRIContainerStatusRequest.with { ($0.containerID, $0.verbose) = (id, true) }
            guard let answer = try await session.find("ContainerStatus", request, CRIContainerStatusResponse.self) else { return nil }
            // A container does not know its pod's metadata; its own labels, which the kubelet writes, name it.
            return ContainerRun(answer, kind: kind)
        }
    }

    private func sandbox(_ id: String, _ session: CRISession) async throws -> CRIPodSandboxStatusResponse? {
        try await session.find("PodSandboxStatus", CRIPodSandboxStatusRequest.with { ($0.podSandboxID, $0.verbose) = (id, true) })
    }

    // MARK: - acting

    /// `crictl stop --timeout 0 ID`, or `crictl stopp ID` for a sandbox. CRI has no kill with a signal of one's choice.
    func kill(_ id: String, isSandbox: Bool, with signal: Signal) async throws(Problem) { try await stop(id, isSandbox: isSandbox, seconds: 0) }

    func stop(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem) {
        let limit = ContainerLimits.act + .seconds(seconds)
        _ = try await client.session(limit, "stop \(kind.rawValue) container \(id.prefix(12))") { session in
            try await Self.end(isSandbox ? "StopPodSandbox" : "StopContainer", id, isSandbox, seconds, session)
        }
    }

    /// CRI has none: the kubelet makes a new one of what has stopped.
    func restart(_ id: String, isSandbox: Bool, seconds: Int) async throws(Problem) { try await stop(id, isSandbox: isSandbox, seconds: seconds) }

    /// `crictl rm -f ID`, or `crictl rmp -f ID`
    func remove(_ id: String, isSandbox: Bool) async throws(Problem) {
        _ = try await client.session(ContainerLimits.act, "remove \(kind.rawValue) container \(id.prefix(12))") { session in
            guard try await Self.end(isSandbox ? "StopPodSandbox" : "StopContainer", id, isSandbox, 0, session) else { return false }
            return try await Self.end(isSandbox ? "RemovePodSandbox" : "RemoveContainer", id, isSandbox, 0, session)
        }
    }

    /// The requests to remove are the same as those to stop, on the wire: an id in the first field. False when it is gone.
    private static func end(_ method: String, _ id: String, _ isSandbox: Bool, _ seconds: Int, _ session: CRISession) async throws -> Bool {
        if isSandbox {
            return try await session.find(method, CRIStopPodSandboxRequest.with { $0.podSandboxID = id }, CRIStopPodSandboxResponse.self) != nil
        }
        let request = CRIStopContainerRequest.with { ($0.containerID, $0.timeout) = (id, Int64(seconds)) }
        return try await session.find(method, request, CRIStopContainerResponse.self) != nil
    }

    func pause(_ id: String) async throws(Problem) { throw noPause(id) }
    func resume(_ id: String) async throws(Problem) { throw noPause(id) }

    private func noPause(_ id: String) -> Problem {
        Problem(.impossible, "\(kind.rawValue) container \(id.prefix(12)): CRI knows no pause", hint: "process.pause freezes a container's processes")
    }

    func start(_ id: String) async throws(Problem) -> StartAnswer {
        .refused("CRI starts a container once only; the kubelet makes a new one")
    }

    // MARK: - following

    /// Ticks at growing intervals, as the kubelet's own PLEG looks: GetContainerEvents came with containerd 1.7 and is optional still.
    func changes() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                var pause = ContainerLimits.firstPoll
                repeat {
                    continuation.yield()
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 5 / 4, ContainerLimits.slowestPoll)
                } while !Task.isCancelled
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
