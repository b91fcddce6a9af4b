import FaultModel
import Foundation
import Testing

// Every way in which a runtime can fail to answer ends within the limits, with a sentence that says which.
@testable import FaultHost

struct RuntimeFailureTests {
    static let failures: [(String, FakeDocker.Reply, String)] = [
        ("hangs", .hang, "no answer within 2s"), ("stalls in the body", .stall("[{"), "no answer within 2s"),
        ("cut in the body", .cut("[{"), "could not"), ("500", .answer(500, #"{"message":"disk full"}"#), "disk full"),
        ("not JSON", .answer(200, "<html>"), "not understood"), ("other JSON", .answer(200, #"{"a":1}"#), "not understood"),
        ("400 in plain text", .answer(400, "400 Bad Request: missing required Host header"), "missing required Host header"),
    ]

    /// The same failure of the first, the second … request, counted by what is asked.
    @Test(arguments: failures.indices, ["/version", "/containers/json"])
    func aListToldOfAndOthersListedAllTheSame(failure: Int, asked: String) async throws {
        let (_, reply, words) = Self.failures[failure]
        let bad = try FakeDocker { line in line.contains(asked) ? reply : FakeDocker.good(line) }
        let good = try FakeDocker(FakeDocker.good)
        defer { bad.close(); good.close() }
        try await withContainers([bad.socketOf(.docker), good.socketOf(.podman)]) { containers in
            let began = ContinuousClock.now
            let view = await containers.list()
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(view.runtimes == [.podman] && view.containers.map(\.name) == ["web"])
            #expect(view.errors.count == 1 && view.errors[0].contains(words) && view.errors[0].contains("docker"), "\(view.errors)")
        }
    }

    @Test(arguments: failures.indices, ["/version", "/containers/json", "/0123456789abcdef/json", "/start"])
    func aRevertThrowsInsteadOfClaimingSuccess(failure: Int, asked: String) async throws {
        let (name, reply, _) = Self.failures[failure]
        // A start answers with no body: that it says 200 with nonsense in it is still a yes.
        if asked == "/start", case .answer(200, _) = reply { return }
        // The limit of an act is 15 s: too long for a unit test.
        if asked == "/start", ["hangs", "stalls in the body"].contains(name) { return }
        let fake = try FakeDocker { line in line.contains(asked) ? reply : FakeDocker.good(line) }
        defer { fake.close() }
        try await withContainers([fake.socketOf(.docker)], patience: .milliseconds(300)) { containers in
            let undo = ContainerUndo(fault: try .forTest(), action: .keepRunning, targets: [pin(policy: "no")])
            await #expect(throws: Problem.self) { _ = try await containers.revert(undo) }
        }
    }

    @Test func aContainerThatEndsAtOnceAfterItsStartIsDrift() async throws {
        let fake = try FakeDocker(FakeDocker.good)
        defer { fake.close() }
        try await withContainers([fake.socketOf(.docker)]) { containers in
            let outcome = try await containers.revert(ContainerUndo(fault: .forTest(), action: .keepRunning, targets: [pin(policy: "no")]))
            #expect(outcome.drift.first?.contains("ended at once") == true)
            #expect(fake.requests.contains("POST /v1.41/containers/0123456789abcdef/start"))
        }
    }

    @Test(arguments: [Runtime.containerd, .crio]) func aCRIRuntimeThatHangsHoldsUpNoOther(kind: Runtime) async throws {
        let hung = try FakeDocker { _ in .hang }
        let good = try FakeDocker(FakeDocker.good)
        defer { hung.close(); good.close() }
        try await withContainers([hung.socketOf(kind), good.socketOf(.docker)]) { containers in
            let began = ContinuousClock.now
            let view = await containers.list()
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(view.runtimes == [.docker] && view.errors.first?.contains("\(kind.rawValue)'s containers: no answer within 2s") == true)
        }
    }

    @Test(arguments: [Runtime.docker, .containerd]) func aSocketThatNobodyServesIsToldWithTheReason(kind: Runtime) async throws {
        let fake = try FakeDocker { _ in .hang }
        let path = fake.path + ".stale"
        #expect(link(fake.path, path) == 0)
        fake.close()
        defer { unlink(path) }
        try await withContainers([RuntimeSocket(kind: kind, path: path)]) { containers in
            let began = ContinuousClock.now
            let view = await containers.list()
            #expect(ContinuousClock.now - began < .seconds(1))
            #expect(view.errors.count == 1 && view.errors[0].lowercased().contains("connection refused"), "\(view.errors)")
            let report = await containers.capability()
            #expect(!report.available && report.remedy?.contains("systemctl status") == true)
        }
    }

    @Test func withNoSocketAtAllThereIsNoError() async throws {
        try await withContainers([RuntimeSocket(kind: .docker, path: "/tmp/none.sock")], patience: .zero) { containers in
            let view = await containers.list()
            #expect(view.containers == [] && view.runtimes == [] && view.errors == [])
            let report = await containers.capability()
            #expect(!report.available && report.remedy?.contains("apt install docker.io") == true && report.detail == "no runtime's socket is there")
            let problem = await #expect(throws: Problem.self) {
                _ = try await containers.prepare(ContainerChange(action: .signal(.kill), targets: [pin()]), for: .forTest())
            }
            #expect(problem?.type == .missingDependency && problem?.status == 424)
            await #expect(throws: Problem.self) {
                _ = try await containers.revert(ContainerUndo(fault: .forTest(), action: .signal(.kill), targets: [pin()]))
            }
        }
    }

    @Test func twoNamesOfOneSocketAreOneRuntime() async throws {
        let fake = try FakeDocker(FakeDocker.good)
        let other = fake.path + ".link"
        #expect(symlink(fake.path, other) == 0)
        defer { unlink(other); fake.close() }
        try await withContainers([fake.socketOf(.podman), RuntimeSocket(kind: .docker, path: other)]) { containers in
            let view = await containers.list()
            #expect(view.runtimes == [.podman] && view.containers.count == 1)
        }
    }

    @Test func anEngineUpgradedUnderUsIsAskedForItsVersionAgain() async throws {
        let fake = try FakeDocker { line in
            if line.hasSuffix("/version") { return .answer(200, #"{"Version":"30","ApiVersion":"1.60","MinAPIVersion":"1.50"}"#) }
            return line.contains("/v1.50/") ? FakeDocker.good(line) : .answer(400, #"{"message":"client version 1.41 is too old"}"#)
        }
        defer { fake.close() }
        try await withContainers([fake.socketOf(.docker)]) { containers in
            #expect(await containers.list().errors == [])
            #expect(await containers.capability().detail == "docker 30 (API 1.50)")
        }
    }

    /// Killing needs a process; a runtime that tells none, or this very one, must never lead to `kill 0`.
    @Test(arguments: [Int32(0), 1, -1, getpid(), getppid()]) func noPIDThatWouldHitTheNodeIsSignalled(pid: Int32) {
        var target = pin()
        target.pid = pid
        #expect(throws: Problem.self) { try Containers.requireKillable(target) }
    }
}
