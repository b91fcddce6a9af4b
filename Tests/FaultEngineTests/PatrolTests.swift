// A fault that claims to be in force and is not: noticed, told, and never put in force again.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@Suite struct PatrolTests {
    private let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]
    private let lost = ["0 of 4 rules are there"]

    /// A fault of four rules, which the first look will miss.
    private func robbed(_ bench: Bench) async throws -> FaultDocument {
        let fault = try await bench.inject("network.drop", drop)
        bench.host.change { $0.rules = [] }
        return fault
    }

    private func events(_ bench: Bench) async throws -> [Event] {
        var events: [Event] = []
        for await event in try await bench.controller.events(after: 0, follow: false) { events.append(event) }
        return events
    }

    /// Without the look that asking for the fault itself is.
    private func listed(_ bench: Bench) async throws -> FaultDocument { try #require(try await bench.controller.faults(HistoryQuery()).first) }

    @Test func rulesThatSomebodyRemovedAreDrift() async throws {
        let bench = Bench()
        _ = try await robbed(bench)
        #expect(try await listed(bench).drift == [])
        await bench.pass(Limits.patrolPause)
        let fault = try await listed(bench)
        #expect(fault.state == .active)
        #expect(fault.drift == lost)
        #expect(fault.clean == nil)
        #expect(bench.host.node.rules.isEmpty, "nothing is ever put in force again")
        let event = try #require(try await events(bench).last)
        #expect(event.type == .faultDrift)
        #expect(event.message == "network.drop is not wholly in force: 0 of 4 rules are there")
        #expect(event.data == .array([.string(lost[0])]))
    }

    @Test func driftIsToldOnceAndWhenItIsOver() async throws {
        let bench = Bench()
        let fault = try await robbed(bench)
        let rules = try await restoredRules(bench, fault.id)
        for _ in 0..<3 { await bench.pass(Limits.patrolPause) }
        bench.host.change { $0.rules = rules }
        for _ in 0..<2 { await bench.pass(Limits.patrolPause) }
        #expect(try await events(bench).map(\.type) == [.faultApplying, .faultActive, .faultDrift, .faultDriftOver])
        #expect(try await listed(bench).drift == [])
        let ended = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(ended.clean == true)
        // Whoever judges the fault afterwards must know that it was not in force all the time.
        #expect(ended.notes.contains { $0.hasSuffix(": not wholly in force: 0 of 4 rules are there") })
        #expect(ended.notes.contains { $0.hasSuffix(": wholly in force again") })
    }

    /// The rules as they were, from another run of the same fault.
    private func restoredRules(_ bench: Bench, _ id: FaultID) async throws -> [ModelNode.Rule] {
        let record = try #require(bench.journal.contents.faults[id])
        let host = ModelHost(clock: bench.clock)
        for change in record.changes { _ = try await host.apply(change.change, undo: change.undo, until: record.deadline) }
        return host.node.rules
    }

    @Test func aDisplacedJumpIsDriftAndItsTextIsReplaced() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.change { $0.isJumpDisplaced = true }
        await bench.pass(Limits.patrolPause)
        #expect(try await listed(bench).drift == ["the jump is no longer the first rule"])
        bench.host.change { $0.rules = [] }
        await bench.pass(Limits.patrolPause)
        #expect(try await listed(bench).drift == lost)
        #expect(try await events(bench).filter { $0.type == .faultDrift && $0.fault == fault.id }.count == 2)
    }

    @Test func aUnitThatSomebodyStartedIsDriftBesideWhatElseIs() async throws {
        let bench = Bench()
        let fault = try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "nginx.service"])
        bench.host.change {
            $0.rules = []
            $0.start("nginx.service")
        }
        await bench.pass(Limits.patrolPause)
        let seen = try await listed(bench)
        #expect(seen.drift.contains("nginx.service was started"))
        #expect(seen.drift.count == 2)
        let ended = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(ended.clean == true)
        #expect(ended.drift == [])
    }

    @Test func nobodyLooksWhileNothingIsInForce() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        await bench.pass(Limits.patrolPause)
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        await bench.pass(.zero)
        let looks = bench.host.log.count { $0.hasPrefix("observe") }
        #expect(looks == 1)
        await bench.pass(.seconds(60))
        #expect(bench.host.log.count { $0.hasPrefix("observe") } == looks)
    }

    @Test func killsAreNotLookedAtAgainAndAgain() async throws {
        let bench = Bench()
        _ = try await bench.inject("container.kill", ["pod": "etcd"])
        await bench.pass(Limits.patrolPause)
        #expect(!bench.host.log.contains { $0.hasPrefix("observe") })
    }

    @Test func aLookThatHangsHoldsUpNothingElse() async throws {
        let bench = Bench()
        let hung = try await bench.inject("unit.stop", ["unit": "nginx"])
        let other = try await robbed(bench)
        bench.host.hold("observe units")
        for _ in 0..<2 { await bench.pass(Limits.patrolPause) }
        #expect(try await events(bench).contains { $0.type == .faultDrift && $0.fault == other.id })
        #expect(try await bench.controller.end(hung.id, by: Bench.caller).clean == true)
        #expect(try await bench.controller.end(other.id, by: Bench.caller).clean == true)
        bench.host.letGo("observe units")
    }

    @Test func whatIsSeenOfAFaultThatIsEndingIsNoDrift() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.hold("observe packets")
        await bench.pass(Limits.patrolPause)
        bench.host.breakVerb("revert packets")
        #expect(try await bench.controller.end(fault.id, by: Bench.caller).state == .stuck)
        bench.host.change { $0.rules = [] }
        bench.host.letGo("observe packets")
        await bench.pass(.zero)
        #expect(try await listed(bench).drift == [])
        #expect(try await listed(bench).evidence.packets?.rules == 4)
        #expect(try await !events(bench).contains { $0.type == .faultDrift })
    }

    @Test func aLookThatFailsSaysNothing() async throws {
        let bench = Bench()
        _ = try await robbed(bench)
        await bench.pass(Limits.patrolPause)
        bench.host.breakVerb("observe packets")
        await bench.pass(Limits.patrolPause)
        #expect(try await listed(bench).drift == lost)
        #expect(try await events(bench).count { $0.type == .faultDrift || $0.type == .faultDriftOver } == 1)
    }

    /// One second of looking is followed by at least twenty of rest.
    @Test func slowLooksBecomeRare() async throws {
        let bench = Bench()
        _ = try await bench.inject("network.drop", drop, lease: .seconds(600))
        bench.host.hold("observe packets")
        await bench.pass(Limits.patrolPause)
        await bench.pass(.seconds(1))
        bench.host.letGo("observe packets")
        await bench.pass(.zero)
        let looks = bench.host.log.count { $0 == "observe packets" }
        await bench.pass(.seconds(19))
        #expect(bench.host.log.count { $0 == "observe packets" } == looks)
        await bench.pass(.seconds(1))
        #expect(bench.host.log.count { $0 == "observe packets" } == looks + 1)
    }

    /// The rules of others are none of the fault's effect while it lasts; at its end they must be as they were, also after a restart.
    @Test(arguments: [false, true]) func rulesOfOthersThatChangedMakeItUnclean(restarting: Bool) async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.change { $0.foreignRules -= 1 }
        let told = "model OUTPUT: 3 rules of others before, 2 now: somebody else changed them"
        let now = restarting ? bench.restarted() : bench
        if restarting { try await now.controller.start() } else { _ = try await now.controller.end(fault.id, by: Bench.caller) }
        let ended = try await now.controller.fault(fault.id)
        #expect(ended.clean == false)
        #expect(ended.drift == [told])
    }

    // MARK: verify

    @Test func verifyLooksAtEveryFaultAfresh() async throws {
        let bench = Bench()
        let well = try await bench.inject("unit.stop", ["unit": "nginx"])
        let robbed = try await robbed(bench)
        let seen = try await bench.controller.verify()
        #expect(!seen.clean)
        #expect(seen.orphans == [])
        #expect(seen.faults.map(\.id) == [robbed.id, well.id].sorted(by: >))
        #expect(seen.faults.first { $0.id == well.id }?.in_force == true)
        let bad = try #require(seen.faults.first { $0.id == robbed.id })
        #expect(bad.in_force == false)
        #expect(bad.drift == lost)
    }

    @Test func verifyDoesNotTakeWhatItCouldNotSeeForWell() async throws {
        let bench = Bench()
        _ = try await bench.inject("network.drop", drop)
        #expect(try await bench.controller.verify().clean)
        bench.host.breakVerb("observe packets")
        let unseen = try await bench.controller.verify()
        #expect(!unseen.clean)
        #expect(unseen.faults.first?.in_force == nil)
        #expect(unseen.faults.first?.error?.detail == "observe packets is broken")
    }

    /// What went down with Docker can't be listed, which is what the fault is for.
    @Test func verifyDoesNotAskADownedRuntimeForItsContainers() async throws {
        let bench = Bench()
        _ = try await bench.inject("unit.stop", ["unit": "docker"])
        bench.host.breakVerb("observe containers")
        let seen = try await bench.controller.verify()
        #expect(seen.clean)
        #expect(seen.faults.first?.in_force == true)
    }

    @Test func verifyTellsOfStuckFaults() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.breakVerb("revert packets")
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        let seen = try await bench.controller.verify()
        #expect(!seen.clean)
        #expect(seen.faults.first?.state == .stuck)
        #expect(seen.faults.first?.error?.detail == "revert packets is broken")
    }

    /// The node was looked at before the fault's end, and the answer came after it.
    @Test func whatHasEndedMeanwhileIsNoOrphan() async throws {
        let bench = Bench()
        let fault = try await bench.inject("network.drop", drop)
        bench.host.hold("inventory")
        async let verified = bench.controller.verify()
        while !bench.host.log.contains("inventory") { await Task.yield() }
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        bench.host.letGo("inventory")
        let seen = try await verified
        #expect(seen.orphans == [])
        #expect(!seen.accounted.isEmpty)
    }

    @Test func leftoversAreRemovedAndFaultsStay() async throws {
        let bench = Bench()
        let ended = try await bench.inject("network.reject", ["port": "80", "protocol": "tcp"])
        let saved = bench.host.node.rules
        _ = try await bench.controller.end(ended.id, by: Bench.caller)
        let kept = try await bench.inject("network.drop", drop)
        let before = bench.host.text()
        // As `iptables-restore` of a save that was made during the first fault.
        bench.host.change { $0.rules += saved }
        let found = try await bench.controller.verify()
        #expect(!found.clean && found.orphans.allSatisfy { $0.fault == ended.id } && !found.orphans.isEmpty)
        let fixed = try await bench.controller.removeLeftovers()
        #expect(fixed.clean && fixed.orphans == [])
        #expect(bench.host.text() == before)
        #expect(try await bench.controller.fault(kept.id).state == .active)
        #expect(try await events(bench).contains { $0.type == .orphanRemoved && $0.fault == ended.id })
    }
}
