// What would end a fault without the daemon: told before, and demanded where the policy says so.
import FaultEngine
import FaultKinds
import FaultModel
import FaultTesting
import Testing

@Suite struct BackstopForesightTests {
    private func strict() -> Policy {
        var policy = Policy()
        policy.requireBackstop = true
        return policy
    }

    private func withoutSystemd(_ policy: Policy = Policy()) -> Bench {
        var node = ModelNode()
        node.hasSystemd = false
        return Bench(node: node, policy: policy)
    }

    private func request(_ kind: String, _ fields: KeyValuePairs<String, String>) -> FaultRequest {
        FaultRequest(kind: kind, spec: FormBody.object(fields.map { ($0.key, $0.value) }), lease: .seconds(60), lenient: true)
    }

    private let kill: KeyValuePairs = ["pod": "etcd"]

    @Test func aPlanSaysWhatWouldHoldIt() async throws {
        let bench = Bench()
        let end = bench.clock.now().wall + .seconds(60)
        let plan = try await bench.controller.plan(request("node.cut", ["port": "443", "protocol": "tcp", "unit": "docker"]), by: Bench.caller)
        #expect(plan.backstop?.by == "systemd+kernel" && plan.backstop?.at == end)
        #expect(!plan.notes.contains { $0.contains("no backstop") })
        #expect(!bench.host.log.contains { $0.hasPrefix("arm") })
    }

    @Test func withoutOneThePlanAndTheFaultSaySo() async throws {
        let bench = withoutSystemd()
        let plan = try await bench.controller.plan(request("container.kill", kill), by: Bench.caller)
        #expect(plan.backstop == nil)
        let note = "no backstop on this node for containers: if the daemon dies, its restart or `faultd revert` ends the fault"
        #expect(plan.notes.contains(note))
        let fault = try await bench.inject("container.kill", kill)
        #expect(fault.state == .active && fault.backstop == nil && fault.notes.contains(note))
    }

    @Test func itIsForeseenBeforeAnythingIsWrittenOrTouched() async throws {
        let bench = Bench()
        try await bench.inject("network.drop", ["port": "443"])
        let order = bench.host.log.filter { ["prepare packets", "foresee packets", "arm packets", "apply packets"].contains($0) }
        #expect(order == ["prepare packets", "foresee packets", "arm packets", "apply packets"])
        bench.host.breakVerb("foresee packets")
        let before = (bench.host.text(), bench.journal.contents.faults.count)
        await #expect(throws: Problem.self) { try await bench.inject("network.drop", ["port": "80"]) }
        #expect(bench.host.text() == before.0 && bench.journal.contents.faults.count == before.1)
    }

    @Test func aPolicyThatWantsOneRefusesWhatHasNone() async throws {
        let bench = withoutSystemd(strict())
        let before = bench.host.text()
        for isPlan in [true, false] {
            let request = request("container.kill", kill)
            let problem = await #expect(throws: Problem.self) {
                _ =
                    isPlan
                    ? try await bench.controller.plan(request, by: Bench.caller).kind
                    : try await bench.controller.create(request, by: Bench.caller).fault.kind
            }
            #expect(problem?.type == .noBackstop && problem?.hint?.contains("require_backstop") == true)
        }
        #expect(bench.host.text() == before && bench.journal.contents.faults.isEmpty)
        // What the kernel holds needs no systemd.
        #expect(try await bench.inject("network.drop", ["port": "443"]).state == .active)
    }

    /// Containers that a unit fault only watches over need none of their own: they come back with the unit.
    @Test func aUnitsBackstopIsEnoughForItsContainers() async throws {
        let bench = Bench(policy: strict())
        let fault = try await bench.inject("node.cut", ["port": "443", "protocol": "tcp", "unit": "docker.service"])
        #expect(fault.state == .active && fault.backstop?.by == "systemd+kernel" && fault.notes.allSatisfy { !$0.contains("no backstop") })
        #expect(bench.host.log.contains("foresee containers"))
    }

    @Test func oneThatVanishesBeforeItIsArmedEndsTheFaultBeforeItBegan() async throws {
        for isStrict in [true, false] {
            let bench = Bench(policy: isStrict ? strict() : Policy())
            bench.host.change { $0.losesBackstops = true }
            let before = bench.host.text()
            if isStrict {
                let problem = await #expect(throws: Problem.self) { try await bench.inject("container.kill", kill) }
                #expect(problem?.type == .noBackstop)
                #expect(!bench.host.log.contains { $0.hasPrefix("apply") } && bench.host.text() == before)
                #expect(bench.journal.contents.faults.values.first?.state == .failed)
            } else {
                #expect(try await bench.inject("container.kill", kill).backstop == nil)
            }
        }
    }

    @Test func aRenewalThatWouldLoseItIsRefusedAndTheOldLeaseStays() async throws {
        let bench = Bench(policy: strict())
        let fault = try await bench.inject("container.kill", kill)
        bench.host.change { $0.losesBackstops = true }
        let problem = await #expect(throws: Problem.self) { try await bench.controller.renew(fault.id, lease: .seconds(600), by: Bench.caller) }
        #expect(problem?.type == .noBackstop)
        #expect(try await bench.controller.fault(fault.id).lease.expires_at == fault.lease.expires_at)
    }

    @Test func everyKindSaysWhatWouldHoldItHere() async throws {
        let kinds = await Bench().controller.kinds()
        #expect(kinds.first { $0.name == "network.drop" }?.backstop == BackstopOutlook(by: "kernel", detail: "model"))
        #expect(kinds.first { $0.name == "unit.stop" }?.backstop == BackstopOutlook(by: "systemd", detail: "faultd-ID model"))
        #expect(kinds.first { $0.name == "node.cut" }?.backstop.by == "kernel+systemd")
        let bare = await withoutSystemd().controller.kinds()
        let kill = try #require(bare.first { $0.name == "container.kill" })
        #expect(kill.available && kill.backstop.by == nil && kill.backstop.detail.hasPrefix("no backstop on this node for container-runtime"))
        #expect(bare.first { $0.name == "network.drop" }?.backstop.by == "kernel")
    }
}
