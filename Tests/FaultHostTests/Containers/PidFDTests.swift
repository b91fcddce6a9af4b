import FaultModel
import Foundation
import Testing

// Processes of the test's own, held and ended.
@testable import FaultHost

struct PidFDTests {
    func sleeper() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["60"]
        try process.run()
        return process
    }

    @Test func aKilledProcessIsSeenToEnd() async throws {
        let process = try sleeper()
        let held = try #require(try PidFD(pid: process.processIdentifier))
        #expect(!held.hasEnded && ProcessTable.isLive(held.pid))
        #expect(try held.send(.kill))
        #expect(await PidFD.waitForEnd(of: [held], limit: .seconds(5)).isEmpty)
        #expect(held.hasEnded)
        process.waitUntilExit()
        #expect(try held.send(.kill) == false, "it has ended: the signal reaches nobody")
        #expect(!ProcessTable.isLive(held.pid))
    }

    @Test func aProcessThatLivesOnIsReturnedWhenTheTimeIsUp() async throws {
        let process = try sleeper()
        let held = try #require(try PidFD(pid: process.processIdentifier))
        #expect(await PidFD.waitForEnd(of: [held], limit: .milliseconds(50)).map(\.pid) == [held.pid])
        _ = try held.send(.kill)
        process.waitUntilExit()
    }

    @Test func thereIsNoHoldOnAProcessThatIsGone() throws {
        let process = try sleeper()
        let pid = process.processIdentifier
        kill(pid, SIGKILL)
        process.waitUntilExit()
        #expect(try PidFD(pid: pid) == nil)
        #expect(throws: Problem.self) { _ = try PidFD(pid: -1) }
    }

    @Test func theOwnLineLeadsUpToTheFirstProcess() {
        let line = ProcessTable.ownLine()
        // A parent in another pid namespace, as nsenter(1) leaves behind, has number 0 here.
        #expect(line.first == getpid() && (getppid() == 0 || line.contains(getppid())) && Set(line).count == line.count)
    }

    /// The test's own server shares its pid namespace.
    @Test func aServerInOurPIDNamespaceIsAccepted() throws {
        let fake = try FakeDocker { _ in .hang }
        defer { fake.close() }
        #expect(throws: Never.self) { try PidNamespace.requireShared(withServerOf: fake.path) }
        #expect(throws: Never.self) { try PidNamespace.requireShared(withServerOf: "/tmp/none.sock") }
    }
}

/// A node seen from outside: its runtimes can be read through its root, and its pids must not be used.
@Suite(.enabled(if: LiveNode.root != nil && !LiveNode.isInside, "needs a lab node beside it: FAULTD_TEST_ROOT=/proc/<its init>/root"))
struct ForeignNamespaceTests {
    @Test func readingWorksAndSignallingIsRefused() async throws {
        try await withContainers(RuntimeSocket.usual(below: LiveNode.root ?? "")) { containers in
            let view = await containers.list()
            #expect(view.errors == [] && Set(view.runtimes) == [.docker, .containerd])
            for pattern in ["^web$", "^k8s_etcd"] {
                let pins = try await containers.pins(pattern)
                #expect(pins.count == 1)
                let change = ContainerChange(action: .signal(.kill), targets: pins)
                let problem = await #expect(throws: Problem.self) { _ = try await containers.prepare(change, for: .forTest()) }
                #expect(problem?.type == .impossible && problem?.detail.contains("pid namespace") == true)
            }
        }
    }
}
