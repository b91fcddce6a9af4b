import FaultModel
import Foundation
import Testing

// What the container tests share: a clock, pins and runs to vary, and a Containers that is shut down afterwards.
@testable import FaultHost

struct SystemClock: NodeClock {
    let bootID = "test"
    func now() -> Moment { Moment(boot: 0, wall: .now) }
    func sleep(until boot: Int64) async throws {}
}

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

extension ContainerSelector {
    static func named(_ pattern: String) throws -> ContainerSelector {
        var selector = ContainerSelector()
        selector.name = try Pattern(spec: .string(pattern), lenient: false)
        return selector
    }
}

extension FaultID {
    static func forTest() throws -> FaultID { try #require(FaultID("01ARZ3NDEKTSV4RRFFQ69G5FAV")) }
}

/// Runs `body` with a mechanism on these sockets.
func withContainers(
    _ sockets: [RuntimeSocket] = RuntimeSocket.usual, patience: Duration = ContainerLimits.runtimeStart, _ body: (Containers) async throws -> Void
) async throws {
    let containers = Containers(sockets: sockets, clock: SystemClock(), patience: patience)
    do { try await body(containers) } catch {
        await containers.shutdown()
        throw error
    }
    await containers.shutdown()
}

/// The web server of these tests, as it ran before the fault.
func pin(
    _ name: String = "web", id: String = "0123456789abcdef", workload: String? = nil, runtime: Runtime = .docker, policy: String? = "always",
    autoRemove: Bool = false, startedAt: String = "2026-01-01T00:00:00.5Z"
) -> ContainerPin {
    ContainerPin(
        runtime: runtime, id: id, name: name, image: "web:1", workload: workload ?? "container \(name)", startedAt: startedAt, pid: 4242,
        restartPolicy: policy, autoRemove: autoRemove)
}

func run(
    _ name: String = "web", id: String = "0123456789abcdef", state: String = "running", startedAt: String = "2026-01-01T00:00:00.5Z",
    endedAt: String? = nil, createdAt: String = "2026-01-01T00:00:00.25Z", health: ContainerRun.Health? = nil
) -> ContainerRun {
    ContainerRun(
        container: Container(runtime: .docker, id: id, name: name, image: "web:1", state: state, createdAt: Timestamp(text: createdAt)),
        pid: state == "running" ? 4242 : 0, startedAt: startedAt, startTime: Timestamp(runtime: startedAt),
        endTime: endedAt.flatMap(Timestamp.init(runtime:)), exitCode: state == "running" ? nil : 137, health: health)
}
