// The engine's rules, each on the model node.
import FaultEngine
import FaultKinds
import FaultModel
import FaultTesting
import Testing

@Suite struct ControllerTests {
    private let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

    @Test func theUndoIsDurableBeforeTheFirstEffect() async throws {
        let bench = Bench()
        bench.journal.setFailing(true)
        let before = bench.host.text()
        await #expect(throws: Problem.self) { try await bench.inject("network.drop", drop) }
        #expect(bench.host.text() == before)
        #expect(!bench.host.log.contains { $0.hasPrefix("apply") || $0.hasPrefix("arm") })
    }

    @Test func theBackstopIsArmedBeforeTheEffect() async throws {
        let bench = Bench()
        try await bench.inject("unit.stop", ["unit": "nginx"])
        let log = bench.host.log
        let arm = try #require(log.firstIndex(of: "arm units"))
        let apply = try #require(log.firstIndex(of: "apply units"))
        #expect(arm < apply)
    }

    @Test func undoingGoesBackwards() async throws {
        let bench = Bench()
        let fault = try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "docker.service"])
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        let order = bench.host.log.filter { $0.hasPrefix("apply") || $0.hasPrefix("revert") }
        #expect(order == ["apply containers", "apply units", "apply packets", "revert packets", "revert units", "revert containers"])
    }

    /// The end that is wanted while a fault is still being applied: by halt, or because the lease ran out meanwhile.
    @Test(arguments: [EndCause.halt, .lease]) func anEndDuringApplyingIsNotForgotten(_ cause: EndCause) async throws {
        let bench = Bench()
        let before = bench.host.text()
        bench.host.hold("apply units")
        let injected = Task { try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "nginx.service"], lease: .seconds(10)) }
        while try await bench.controller.faults(HistoryQuery()).first?.changes.isEmpty ?? true { await Task.yield() }
        let halted = Task { if cause == .halt { _ = try await bench.controller.halt(reason: nil, by: Bench.caller) } }
        await bench.pass(cause == .lease ? .seconds(10) : .zero)
        bench.host.letGo("apply units")
        await #expect(throws: Problem.self) { try await injected.value }
        try await halted.value
        let fault = try #require(try await bench.controller.faults(HistoryQuery()).first)
        #expect(fault.state == .reverted)
        #expect(fault.ended_by == cause)
        #expect(bench.host.text() == before)
        // What had not begun when the end was wanted was never begun.
        #expect(!bench.host.log.contains("apply packets"))
    }

    @Test func theLeaseEndsIt() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", drop, lease: .seconds(10))
        await bench.pass(.milliseconds(9_999))
        #expect(try await bench.controller.fault(fault.id).state == .active)
        await bench.pass(.milliseconds(1))
        let ended = try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5))
        #expect(ended.ended_by == .lease)
        #expect(bench.host.text() == before)
    }

    @Test func renewingMovesTheLeaseAndTheBackstop() async throws {
        let bench = Bench()
        let fault = try await bench.inject("unit.stop", ["unit": "nginx"], lease: .seconds(10))
        await bench.pass(.seconds(9))
        let renewed = try await bench.controller.renew(fault.id, lease: nil, by: Bench.caller)
        #expect(renewed.lease.renewals == 1)
        #expect(renewed.backstop?.at == renewed.lease.expires_at)
        await bench.pass(.seconds(9))
        #expect(try await bench.controller.fault(fault.id).state == .active)
        await bench.pass(.seconds(1))
        #expect(try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).ended_by == .lease)
    }

    @Test func renewingWhatHasEndedIsAConflict() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        let problem = await #expect(throws: Problem.self) { try await bench.controller.renew(fault.id, lease: nil, by: Bench.caller) }
        #expect(problem?.status == 409)
    }

    @Test func endingTwiceIsFine() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        let first = try await bench.controller.end(fault.id, by: Bench.caller)
        let second = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(first.reverted_at == second.reverted_at)
        #expect(second.ended_by == .request)
    }

    @Test func unconfirmedItEnds() async throws {
        let bench = Bench()
        var request = FaultRequest(kind: "network.drop", spec: ["ports": [443]], lease: .seconds(60))
        request.confirmWithin = .seconds(10)
        let fault = try await bench.controller.create(request, by: Bench.caller).fault
        await bench.pass(.seconds(10))
        let ended = try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5))
        #expect(ended.ended_by == .lease)
        #expect(ended.notes.contains("nobody confirmed in time"))
    }

    @Test func confirmedItGoesOnUntilTheLeaseEnds() async throws {
        let bench = Bench()
        var request = FaultRequest(kind: "network.drop", spec: ["ports": [443]], lease: .seconds(60))
        request.confirmWithin = .seconds(10)
        let fault = try await bench.controller.create(request, by: Bench.caller).fault
        _ = try await bench.controller.confirm(fault.id, by: Bench.caller)
        await bench.pass(.seconds(30))
        #expect(try await bench.controller.fault(fault.id).state == .active)
    }

    @Test func aFailedUndoIsStuckAndTriedUntilItWorks() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.breakVerb("revert packets")
        let stuck = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(stuck.state == .stuck)
        #expect(await !bench.controller.ready().ready)
        #expect(try await bench.controller.faults(HistoryQuery()).first?.state == .stuck)
        await bench.pass(.seconds(1))
        #expect(bench.host.text() != before)
        bench.host.mendVerb("revert packets")
        await bench.pass(.seconds(40))
        #expect(try await bench.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).state == .reverted)
        #expect(bench.host.text() == before)
        #expect(await bench.controller.ready().ready)
    }

    @Test func oneMechanismThatFailsDoesNotKeepTheOthersFromBeingUndone() async throws {
        let bench = Bench()
        let fault = try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "nginx.service"])
        bench.host.breakVerb("revert packets")
        let stuck = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(stuck.state == .stuck)
        #expect(bench.host.text().contains("nginx.service active"))
    }

    @Test func haltUndoesEverythingAndSurvivesARestart() async throws {
        let bench = Bench()
        let before = bench.host.text()
        try await bench.inject("network.drop", drop)
        try await bench.inject("unit.stop", ["unit": "nginx"])
        let halt = try await bench.controller.halt(reason: "enough", by: Bench.caller)
        #expect(halt.reverted?.count == 2)
        #expect(bench.host.text() == before)
        let restarted = bench.restarted()
        try await restarted.controller.start()
        let problem = await #expect(throws: Problem.self) { try await restarted.inject("network.drop", drop) }
        #expect(problem?.status == 423)
        #expect(problem?.detail.contains("ana") == true)
        _ = try await restarted.controller.resume(by: Bench.caller)
        #expect(try await restarted.inject("network.drop", drop).state == .active)
    }

    @Test func stoppingTheDaemonUndoesEverything() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "docker.service"])
        await bench.controller.shutdown()
        #expect(bench.host.text() == before)
        #expect(bench.journal.contents.faults[fault.id]?.endedBy == .shutdown)
    }

    @Test func aRestartTakesBackAndNeverInjectsAgain() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", drop)
        let restarted = bench.restarted()
        try await restarted.controller.start()
        #expect(restarted.host.text() == before)
        #expect(try await restarted.controller.fault(fault.id).ended_by == .restart)
        #expect(!restarted.host.log.contains { $0.hasPrefix("apply") })
    }

    @Test func afterARebootItIsClosedAsReboot() async throws {
        let bench = Bench()
        let fault = try await bench.inject("unit.stop", ["unit": "nginx"])
        bench.host.change { $0 = ModelNode() }
        let restarted = bench.restarted(bootID: "boot-2")
        try await restarted.controller.start()
        #expect(try await restarted.controller.fault(fault.id).ended_by == .reboot)
    }

    @Test func orphansAreRemovedAtStart() async throws {
        let bench = Bench()
        let before = bench.host.text()
        try await bench.inject("network.drop", drop)
        let amnesiac = Bench(node: bench.host.node)
        #expect(try await amnesiac.controller.verify().clean == false)
        try await amnesiac.controller.start()
        #expect(amnesiac.host.text() == before)
        #expect(try await amnesiac.controller.verify().clean)
    }

    @Test func faultsComposeAndEndInAnyOrder() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let first = try await bench.inject("network.drop", drop)
        let withFirst = bench.host.text()
        let second = try await bench.inject("network.reject", ["port": "80", "protocol": "tcp"])
        _ = try await bench.controller.end(second.id, by: Bench.caller)
        #expect(bench.host.text() == withFirst)
        _ = try await bench.controller.end(first.id, by: Bench.caller)
        #expect(bench.host.text() == before)
    }

    @Test func twoFaultsCantHoldTheSameUnit() async throws {
        let bench = Bench()
        let first = try await bench.inject("unit.stop", ["unit": "docker.service"])
        // registry.service went down with docker: nobody else may hold it either.
        for unit in ["docker.service", "registry.service"] {
            bench.host.change { $0.start(unit) }
            let problem = await #expect(throws: Problem.self) { try await bench.inject("unit.stop", ["unit": unit]) }
            #expect(problem?.status == 409)
            #expect(problem?.detail.contains(first.id.text) == true)
        }
    }

    @Test func idempotencyKeysGiveTheSameFaultEvenAfterARestart() async throws {
        let bench = Bench()
        let json = FaultRequest(kind: "network.drop", spec: ["ports": [443], "protocol": "tcp"], lease: .seconds(60))
        let form = FaultRequest(
            kind: "network.drop", spec: FormBody.object([("port", "443"), ("protocol", "tcp")]), lease: .seconds(60), lenient: true)
        async let a = bench.controller.create(json, by: Bench.caller, idempotencyKey: "k")
        async let b = bench.controller.create(form, by: Bench.caller, idempotencyKey: "k")
        let (first, second) = try await (a, b)
        #expect(first.fault.id == second.fault.id)
        #expect([first.isNew, second.isNew].filter { $0 }.count == 1)
        var other = json
        other.lease = .seconds(61)
        let problem = await #expect(throws: Problem.self) { try await bench.controller.create(other, by: Bench.caller, idempotencyKey: "k") }
        #expect(problem?.type == .idempotencyMismatch)
        let restarted = bench.restarted()
        try await restarted.controller.start()
        let again = try await restarted.controller.create(json, by: Bench.caller, idempotencyKey: "k")
        #expect(again.fault.id == first.fault.id)
        #expect(!again.isNew)
    }

    @Test func planningTouchesNothing() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let request = FaultRequest(kind: "node.cut", spec: FormBody.object([("port", "443"), ("unit", "docker")]), lenient: true)
        let plan = try await bench.controller.plan(request, by: Bench.caller)
        #expect(plan.changes.contains { $0.apply == "systemctl stop docker.socket" })
        #expect(plan.changes.contains { $0.apply.contains("--dport 443") })
        #expect(bench.host.text() == before)
        #expect(bench.journal.contents.faults.isEmpty)
        #expect(!bench.host.log.contains { $0.hasPrefix("apply") || $0.hasPrefix("arm") })
    }

    @Test func repeatingHitsWhatHasComeBack() async throws {
        let bench = Bench()
        let fault = try await bench.inject("container.kill", ["pod": "etcd", "repeat_every": "10s"])
        #expect(bench.host.log.filter { $0 == "apply containers" }.count == 1)
        for _ in 0..<3 { await bench.pass(.seconds(10)) }
        #expect(bench.host.log.filter { $0 == "apply containers" }.count == 4)
        let ended = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(ended.clean == true)
        await bench.pass(.seconds(30))
        #expect(bench.host.log.filter { $0 == "apply containers" }.count == 4)
    }

    @Test func eventsTellTheStoryInOrderAndResume() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        var events: [Event] = []
        for await event in try await bench.controller.events(after: 0, follow: false) { events.append(event) }
        #expect(events.map(\.type) == [.faultApplying, .faultActive, .faultReverting, .faultReverted])
        #expect(events.map(\.seq) == [1, 2, 3, 4])
        var rest: [Event] = []
        for await event in try await bench.controller.events(after: 2, follow: false) { rest.append(event) }
        #expect(rest == Array(events.suffix(2)))
        // After a restart the history comes from the journal, and numbers go on.
        let restarted = bench.restarted()
        try await restarted.controller.start()
        var all: [Event] = []
        for await event in try await restarted.controller.events(after: 0, follow: false) { all.append(event) }
        #expect(Array(all.prefix(4)) == events)
        #expect(all.map(\.seq) == Array(1...Int64(all.count)))
    }

    /// What is on its way to the disk is neither waiting any more nor there yet.
    @Test func aFaultThatIsBeingWrittenIsToldAsItIs() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        await bench.pass(.zero)
        bench.journal.hold()
        #expect(try await bench.controller.end(fault.id, by: Bench.caller).state == .reverted)
        for _ in 0..<3 {
            bench.journal.letThrough(1)
            await bench.pass(.zero)
            #expect(try await bench.controller.fault(fault.id).state == .reverted)
        }
        bench.journal.letThrough(nil)
    }

    @Test func aJournalThatFailsLaterDoesNotKeepARevertWaiting() async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.inject("network.drop", drop)
        bench.journal.setFailing(true)
        let ended = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(ended.state == .reverted)
        #expect(bench.host.text() == before)
        #expect(try await bench.controller.fault(fault.id).state == .reverted)
        bench.journal.setFailing(false)
        await bench.pass(.seconds(40))
        #expect(bench.journal.openFaults.isEmpty)
    }
}
