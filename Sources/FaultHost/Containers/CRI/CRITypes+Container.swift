// CRI's messages in the model's words.
import FaultModel
import FoundationEssentials

/// A list of sandboxes and one of containers, joined.
enum CRIListing {
    /// - Parameter images: names of images by their id.
    static func containers(
        _ kind: Runtime, _ sandboxes: [CRIPodSandbox], _ containers: [CRIContainer], images: [String: String]
    ) -> [Container] {
        let pods = Dictionary(sandboxes.map { ($0.id, $0.metadata) }) { first, _ in first }
        return sandboxes.map { Container($0, kind: kind) }
            + containers.map { Container($0, in: pods[$0.podSandboxID], kind: kind, image: images[$0.imageName] ?? $0.imageName) }
    }
}

extension Container {
    init(_ sandbox: CRIPodSandbox, kind: Runtime) {
        self.init(
            runtime: kind, id: sandbox.id, name: CRIName.sandbox(sandbox.metadata), image: "", state: sandbox.state.word,
            labels: CRIName.complete(sandbox.labels, pod: sandbox.metadata, container: nil),
            createdAt: Timestamp(nanoseconds: sandbox.createdAt), isSandbox: true)
    }

    init(_ item: CRIContainer, in pod: CRIPodSandboxMetadata?, kind: Runtime, image: String) {
        self.init(
            runtime: kind, id: item.id, name: CRIName.container(item.metadata, in: pod, item.labels), image: image, state: item.state.word,
            labels: CRIName.complete(item.labels, pod: pod, container: item.metadata), createdAt: Timestamp(nanoseconds: item.createdAt))
    }
}

/// Names in the form that Docker shows for pods: `k8s_<container>_<pod>_<namespace>_<attempt>`, with `POD` for a sandbox.
///
/// So one expression such as `kube-apiserver` finds a workload by its container's name or its pod's, whatever runtime the node has.
enum CRIName {
    static func sandbox(_ pod: CRIPodSandboxMetadata) -> String { "k8s_POD_\(pod.name)_\(pod.namespace)_\(pod.attempt)" }

    static func container(_ container: CRIContainerMetadata, in pod: CRIPodSandboxMetadata?, _ labels: [String: String]) -> String {
        let podName = pod?.name ?? labels["io.kubernetes.pod.name"] ?? ""
        return "k8s_\(container.name)_\(podName)_\(pod?.namespace ?? labels["io.kubernetes.pod.namespace"] ?? "")_\(container.attempt)"
    }

    /// The kubelet writes these labels; for what crictl made they are filled in from the metadata, so that selectors see pods alike.
    static func complete(_ labels: [String: String], pod: CRIPodSandboxMetadata?, container: CRIContainerMetadata?) -> [String: String] {
        var known = container.map { ["io.kubernetes.container.name": $0.name] } ?? [:]
        if let pod {
            known["io.kubernetes.pod.name"] = pod.name
            known["io.kubernetes.pod.namespace"] = pod.namespace
            known["io.kubernetes.pod.uid"] = pod.uid
        }
        return labels.merging(known) { own, _ in own }
    }
}

extension CRIContainer {
    var imageName: String { image.userSpecifiedImage.isEmpty ? image.image : image.userSpecifiedImage }
}

extension CRIContainerState {
    /// Docker's word for it.
    var word: String {
        switch self {
        case .containerCreated: "created"
        case .containerRunning: "running"
        case .containerExited: "exited"
        case .containerUnknown, .UNRECOGNIZED: "unknown"
        }
    }
}

extension CRIPodSandboxState {
    var word: String {
        switch self {
        case .sandboxReady: "running"
        case .sandboxNotready: "exited"
        case .UNRECOGNIZED: "unknown"
        }
    }
}

/// What containerd and CRI-O both put under `info` of a verbose status, as JSON.
struct CRIInfo: Decodable {
    var pid: Int32?

    static func pid(_ info: [String: String]) -> Int32 {
        guard let text = info["info"] else { return 0 }
        return (try? JSONDecoder().decode(CRIInfo.self, from: Data(text.utf8)))?.pid ?? 0
    }
}

extension ContainerRun {
    init(_ answer: CRIContainerStatusResponse, kind: Runtime) {
        let status = answer.status
        self.init(
            container: Container(
                runtime: kind, id: status.id, name: CRIName.container(status.metadata, in: nil, status.labels), image: status.image.image,
                state: status.state.word, labels: CRIName.complete(status.labels, pod: nil, container: status.metadata),
                createdAt: Timestamp(nanoseconds: status.createdAt)),
            pid: status.state == .containerRunning ? CRIInfo.pid(answer.info) : 0, startedAt: String(status.startedAt),
            startTime: Timestamp(nanoseconds: status.startedAt), endTime: Timestamp(nanoseconds: status.finishedAt), exitCode: status.exitCode)
    }

    /// A sandbox runs once: it starts when it is made.
    init(_ answer: CRIPodSandboxStatusResponse, kind: Runtime) {
        let status = answer.status
        self.init(
            container: Container(
                runtime: kind, id: status.id, name: CRIName.sandbox(status.metadata), image: "", state: status.state.word,
                labels: CRIName.complete(status.labels, pod: status.metadata, container: nil), createdAt: Timestamp(nanoseconds: status.createdAt),
                isSandbox: true),
            pid: status.state == .sandboxReady ? CRIInfo.pid(answer.info) : 0, startedAt: String(status.createdAt),
            startTime: Timestamp(nanoseconds: status.createdAt))
    }
}
