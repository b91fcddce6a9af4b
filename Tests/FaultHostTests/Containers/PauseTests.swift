import FaultModel
import Synchronization
import Testing

// How the undo of a pause goes on from what Docker says, and what it asks Docker to do.
@testable import FaultHost

struct PauseTests {
    private final class Resumed: Sendable { let value = Mutex(false) }

    /// One container in this state, in the pinned run or another; nil is one that Docker does not know.
    private func fake(_ state: String?, startedAt: String = "2026-01-01T00:00:00.5Z") throws -> FakeDocker {
        let about = #""Id":"0123456789abcdef","Image":"web:1""#
        let inspection = """
            {\(about),"Name":"/web","Created":"2026-01-01T00:00:00.25Z","Config":{"Image":"web:1","Labels":{}},
             "State":{"Status":"\(state ?? "")","Pid":4242,"StartedAt":"\(startedAt)"},"HostConfig":{"RestartPolicy":{"Name":"no"}}}
            """
        let list = state.map { #"[{\#(about),"Names":["/web"],"Created":1767225600,"Labels":{},"State":"\#($0)"}]"# } ?? "[]"
        let resumed = Resumed()
        return try FakeDocker { line in
            if line.hasSuffix("/version") { return FakeDocker.version }
            if line.contains("/containers/json") { return .answer(200, list) }
            if line.hasSuffix("/unpause") {
                resumed.value.withLock { $0 = true }
                return .answer(204, "")
            }
            if state == nil { return .answer(404, #"{"message":"No such container"}"#) }
            return .answer(200, resumed.value.withLock { $0 } ? inspection.replacing("\"paused\"", with: "\"running\"") : inspection)
        }
    }

    private func revert(_ docker: FakeDocker) async throws -> (outcome: RevertOutcome, unpaused: Bool) {
        defer { docker.close() }
        var outcome: RevertOutcome?
        try await withContainers([docker.socketOf(.docker)]) { containers in
            outcome = try await containers.revert(ContainerUndo(fault: .forTest(), action: .pause, targets: [pin()]))
        }
        return (try #require(outcome), docker.requests.contains { $0.hasSuffix("/unpause") })
    }

    @Test func pausedInTheSameRunIsUnpaused() async throws {
        let (outcome, unpaused) = try await revert(fake("paused"))
        #expect(outcome == RevertOutcome(.restored) && unpaused)
    }

    @Test func runningInTheSameRunIsDone() async throws {
        let (outcome, unpaused) = try await revert(fake("running"))
        #expect(outcome == RevertOutcome(.alreadyGone) && !unpaused)
    }

    @Test func pausedInAnotherRunIsSomebodyElses() async throws {
        let (outcome, unpaused) = try await revert(fake("paused", startedAt: "2026-01-01T00:05:00Z"))
        #expect(outcome.result == .superseded && outcome.drift.isEmpty && !unpaused)
        #expect(outcome.notes == ["web (docker 0123456789ab) was started again by somebody else while it was paused"])
    }

    @Test func deadOrGoneIsToldAndLeft() async throws {
        let dead = try await revert(fake("exited"))
        #expect(dead.outcome.drift == ["web (docker 0123456789ab) ended while it was paused, not by faultd: left as it is"] && !dead.unpaused)
        let gone = try await revert(fake(nil))
        #expect(gone.outcome.drift == ["web (docker 0123456789ab) was removed while it was paused, not by faultd"] && !gone.unpaused)
        #expect(gone.outcome.result == .superseded)
    }

    @Test func stillPausedAfterwardsIsAnError() async throws {
        let docker = try FakeDocker { line in
            if line.hasSuffix("/version") { return FakeDocker.version }
            let run = #""State":{"Status":"paused","Pid":4242,"StartedAt":"2026-01-01T00:00:00.5Z"}"#
            let about = #""Id":"0123456789abcdef","Image":"web:1""#
            if line.contains("/containers/json") { return .answer(200, #"[{\#(about),"Names":["/web"],"Created":1,"State":"paused"}]"#) }
            if line.hasSuffix("/unpause") { return .answer(204, "") }
            return .answer(200, #"{\#(about),"Name":"/web","Created":"2026-01-01T00:00:00.25Z",\#(run)}"#)
        }
        await #expect { _ = try await revert(docker) } throws: { ($0 as? Problem)?.detail.contains("still paused") == true }
    }

    @Test func aCRIRuntimeIsRefusedBeforeAnythingIsTouched() async throws {
        let docker = try FakeDocker(FakeDocker.good)
        defer { docker.close() }
        try await withContainers([docker.socketOf(.docker)]) { containers in
            let change = ContainerChange(action: .pause, targets: [pin(runtime: .containerd)])
            await #expect { _ = try await containers.prepare(change, for: .forTest()) } throws: { ($0 as? Problem)?.type == .impossible }
            #expect(docker.requests.isEmpty)
        }
    }
}
