import FaultModel
import Testing

// CRI's messages in the model's words.
@testable import FaultHost

struct CRITypesTests {
    func sandbox(_ labels: [String: String] = [:]) -> CRIPodSandbox {
        var metadata = CRIPodSandboxMetadata()
        (metadata.name, metadata.uid, metadata.namespace, metadata.attempt) = ("etcd-node", "u1", "kube-system", 1)
        var sandbox = CRIPodSandbox()
        (sandbox.id, sandbox.metadata, sandbox.state, sandbox.createdAt, sandbox.labels) = (
            "s1", metadata, .sandboxReady, 1_767_225_600_000_000_000, labels
        )
        return sandbox
    }

    func container(image: String = "etcd:3", userSpecified: String = "", labels: [String: String] = [:]) -> CRIContainer {
        var metadata = CRIContainerMetadata()
        (metadata.name, metadata.attempt) = ("etcd", 2)
        var spec = CRIImageSpec()
        (spec.image, spec.userSpecifiedImage) = (image, userSpecified)
        var container = CRIContainer()
        (container.id, container.podSandboxID, container.metadata, container.image, container.state) = ("c1", "s1", metadata, spec, .containerRunning)
        container.labels = labels
        return container
    }

    @Test func namesHoldTheContainerAndThePodInDockersForm() {
        let list = CRIListing.containers(.containerd, [sandbox()], [container()], images: [:])
        #expect(list.map(\.name) == ["k8s_POD_etcd-node_kube-system_1", "k8s_etcd_etcd-node_kube-system_2"])
        #expect(list.map(\.isSandbox) == [true, false] && list.allSatisfy { $0.isRunning && $0.restartPolicy == nil })
    }

    @Test func theKubeletsLabelsAreFilledInWhereTheyAreMissing() {
        let list = CRIListing.containers(.crio, [sandbox()], [container()], images: [:])
        #expect(list.map(\.workload) == ["pod kube-system/etcd-node/POD", "pod kube-system/etcd-node/etcd"])
        let own = CRIListing.containers(.crio, [sandbox()], [container(labels: ["io.kubernetes.pod.name": "theirs", "a": "b"])], images: [:])[1]
        #expect(own.labels["io.kubernetes.pod.name"] == "theirs" && own.labels["a"] == "b" && own.labels["io.kubernetes.pod.uid"] == "u1")
    }

    @Test func anImageGivenByItsIDIsNamed() {
        let names = ["sha256:1": "registry/etcd:3"]
        let images = [container(image: "sha256:1"), container(image: "sha256:1", userSpecified: "etcd:mine"), container(image: "sha256:9")]
            .map { CRIListing.containers(.containerd, [], [$0], images: names)[0].image }
        #expect(images == ["registry/etcd:3", "etcd:mine", "sha256:9"])
    }

    @Test func aVerboseStatusTellsThePID() {
        var status = CRIContainerStatusResponse()
        status.status.state = .containerRunning
        status.status.startedAt = 1_767_225_600_500_000_000
        status.info["info"] = #"{"sandboxID":"s1","pid":4242,"removing":false,"config":{}}"#
        let run = ContainerRun(status, kind: .containerd)
        #expect(run.pid == 4242 && run.isAlive && run.startedAt == "1767225600500000000" && run.startTime?.text == "2026-01-01T00:00:00.500Z")
        status.status.state = .containerExited
        #expect(ContainerRun(status, kind: .containerd).pid == 0)
        status.status.state = .containerRunning
        status.info["info"] = "no json"
        #expect(ContainerRun(status, kind: .containerd).pid == 0)
    }

    @Test func statesAreDockersWords() {
        #expect(
            [CRIContainerState.containerCreated, .containerRunning, .containerExited, .containerUnknown, .UNRECOGNIZED(9)].map(\.word)
                == ["created", "running", "exited", "unknown", "unknown"])
    }
}
