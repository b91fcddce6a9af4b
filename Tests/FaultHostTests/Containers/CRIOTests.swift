import FaultModel
import Testing

// CRI-O by its own name: it is in no Debian release, and its socket speaks the protocol that containerd's does, so that one stands in for it here.
@testable import FaultHost

extension DockerLiveTests {
    @Suite(.serialized, .enabled(if: LiveNode.isInside, "needs a lab node around it: FAULTD_TEST_IN_NODE=1"))
    struct CRIO {
        static let socket = "/run/containerd/containerd.sock"
        static let link = "/run/crio/crio.sock"

        @Test func itsContainersAreListedUnderItsName() async throws {
            try await withContainers([RuntimeSocket(kind: .crio, path: Self.socket)]) { containers in
                let view = await containers.list()
                #expect(view.errors == [] && view.runtimes == [.crio])
                #expect(view.containers.contains { $0.isRunning && $0.runtime == .crio && $0.podContainer == "etcd" })
                #expect(await containers.capability().detail.contains("CRI v1"))
            }
        }

        /// A link to another runtime's socket is not one runtime more.
        @Test func aLinkToASocketThatHasAnotherNameCountsOnce() async throws {
            try LiveNode.sh("mkdir -p /run/crio; ln -sf \(Self.socket) \(Self.link)")
            try await withContainers { containers in #expect(!(await containers.list().runtimes.contains(.crio))) }
            try await withContainers([RuntimeSocket(kind: .crio, path: Self.link)]) { containers in
                #expect(await containers.list().runtimes == [.crio])
            }
            try LiveNode.sh("rm -r /run/crio")
        }

        @Test(arguments: [.signal(.kill), .apiKill(.kill), .stop(seconds: 1), .restart(seconds: 1), .remove] as [ContainerChange.Action])
        func whatEndsIsReplacedByTheKubelet(action: ContainerChange.Action) async throws {
            try await withContainers([RuntimeSocket(kind: .crio, path: Self.socket)]) { containers in
                let pins = try await containers.pins("^k8s_coredns")
                #expect(pins.map(\.runtime) == [.crio])
                let (undo, _) = try await containers.inject(action, pins)
                let recovery = try #require(await containers.recoveries(undo, limit: .seconds(20)).first)
                #expect(recovery.outcome == .replaced && recovery.newID != recovery.oldID)
                let outcome = try await containers.revert(undo)
                #expect(outcome.drift == [] && outcome.notes.first?.contains("runs as") == true)
            }
        }

        @Test func itCanNotBePaused() async throws {
            try await withContainers([RuntimeSocket(kind: .crio, path: Self.socket)]) { containers in
                let pins = try await containers.pins("^k8s_coredns")
                let problem = await #expect(throws: Problem.self) { _ = try await containers.inject(.pause, pins) }
                #expect(problem?.type == .impossible && problem?.detail.contains("CRI, by which cri-o is driven, knows no pause") == true)
            }
        }
    }
}
