// Power off in every state of a fault: after the boot the node is as any node after a boot, and the fault is closed.
import FaultEngine
import FaultKinds
import FaultModel
import FaultTesting
import Testing

@Suite struct RebootTests {
    private let cut: KeyValuePairs = ["port": "443", "protocol": "tcp", "unit": "docker.service,by-hand.service"]

    /// A node that had no fault when its power failed.
    private var bootedText: String {
        let bench = Bench()
        bench.host.change { $0.reboot() }
        return bench.host.text()
    }

    @Test(arguments: SweepCase.all, CrashPoint.Side.allCases) func everyPowerCutAndEveryCrashAfterIt(_ item: SweepCase, _ side: CrashPoint.Side)
        async throws
    {
        let expected = bootedText
        for first in 1... {
            let crash = CrashPoint(at: first, side: side)
            let bench = Bench(crash: crash)
            do { try await bench.live(item) } catch {}
            await bench.controller.settleForTest()
            for second in 1... {
                let again = CrashPoint(at: second, side: side)
                let booted = bench.rebooted(crash: again)
                do { try await booted.controller.start() } catch {}
                let last = second.isMultiple(of: 2) ? booted.restarted() : booted.rebooted()
                try await last.controller.start()
                #expect(last.host.text() == expected, "power cut at call \(first), stopped again at call \(second)")
                #expect(last.journal.openFaults.isEmpty, "power cut at call \(first), stopped again at call \(second)")
                if !again.hasCrashed { break }
            }
            guard crash.hasCrashed else { break }
            try #require(first < 200)
        }
    }

    @Test func whatRanByHandIsNotStartedAfterABoot() async throws {
        let bench = Bench()
        let fault = try await bench.inject("node.cut", cut)
        let booted = bench.rebooted()
        try await booted.controller.start()
        #expect(booted.host.text() == bootedText)
        #expect(!booted.host.log.contains("revert units"))
        let ended = try await booted.controller.fault(fault.id)
        #expect(ended.state == .reverted)
        #expect(ended.ended_by == .reboot)
        #expect(ended.clean == true)
        #expect(ended.notes.contains("the reboot took it away"))
    }

    @Test func whatTheRuntimeRemembersAcrossABootIsUndone() async throws {
        let bench = Bench()
        let fault = try await bench.inject("container.kill", ["name": "proxy", "method": "api"])
        let booted = bench.rebooted()
        // The boot alone leaves it dead: Docker takes it for stopped by hand.
        #expect(booted.host.text() != bootedText)
        try await booted.controller.start()
        #expect(booted.host.text() == bootedText)
        #expect(try await booted.controller.fault(fault.id).ended_by == .reboot)
    }

    @Test func withoutARestartPolicyABootLeavesAContainerDeadAndSoDoWe() async throws {
        let bench = Bench()
        try await bench.inject("container.kill", ["name": "job", "method": "api"])
        let booted = bench.rebooted()
        try await booted.controller.start()
        #expect(booted.host.text() == bootedText)
        #expect(!booted.host.log.contains("revert containers"))
    }

    @Test(arguments: ["apply units", "revert units"]) func aPowerCutInTheMiddleOfACall(_ verb: String) async throws {
        let bench = Bench()
        bench.host.hold(verb)
        let injected = Task { try await bench.inject("node.cut", cut) }
        if verb == "apply units" {
            while !bench.host.log.contains("arm units") { await Task.yield() }
        } else {
            let id = try await injected.value.id
            Task { try await bench.controller.end(id, by: Bench.caller) }
            while !bench.host.log.contains("revert packets") { await Task.yield() }
            await bench.controller.settleForTest()
        }
        let open = try #require(bench.journal.openFaults.first)
        #expect(open.state == (verb == "apply units" ? .applying : .reverting))
        let booted = bench.rebooted()
        try await booted.controller.start()
        #expect(booted.host.text() == bootedText)
        // Why it had to end is not rewritten by what happened on the way.
        #expect(try await booted.controller.fault(open.id).ended_by == (verb == "apply units" ? .reboot : .request))
        bench.host.letGo(verb)
        _ = await injected.result
    }

    @Test func aRebootEndsWhatWasStuck() async throws {
        let bench = Bench()
        let fault = try await bench.inject("unit.stop", ["unit": "nginx"])
        bench.host.breakVerb("revert units")
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(try await bench.controller.fault(fault.id).state == .stuck)
        await bench.controller.settleForTest()
        let booted = bench.rebooted()
        booted.host.breakVerb("revert units")
        try await booted.controller.start()
        #expect(booted.host.text() == bootedText)
        #expect(await booted.controller.ready().ready)
        let ended = try await booted.controller.fault(fault.id)
        #expect(ended.state == .reverted && ended.error == nil && ended.clean == true)
    }

    /// Docker may come up later than faultd: then the fault is there to be seen, and tried again, but the socket is not held up for ever.
    @Test func whatCanNotBeUndoneAtBootYetIsStuckAndTriedAgain() async throws {
        let bench = Bench()
        let fault = try await bench.inject("container.kill", ["name": "proxy", "method": "api"])
        let booted = bench.rebooted()
        booted.host.breakVerb("revert containers")
        try await booted.controller.start()
        #expect(await booted.controller.ready().stuck == [fault.id])
        booted.host.mendVerb("revert containers")
        await booted.pass(.seconds(1))
        #expect(try await booted.controller.wait(fault.id, until: [.reverted], timeout: .seconds(5)).ended_by == .reboot)
        #expect(booted.host.text() == bootedText)
        #expect(await booted.controller.ready().ready)
    }

    @Test func haltSurvivesAReboot() async throws {
        let bench = Bench()
        try await bench.inject("network.drop", ["port": "443"])
        _ = try await bench.controller.halt(reason: "power work", by: Bench.caller)
        let booted = bench.rebooted()
        try await booted.controller.start()
        #expect(await booted.controller.haltState().halted)
        let problem = await #expect(throws: Problem.self) { try await booted.inject("network.drop", ["port": "443"]) }
        #expect(problem?.status == 423)
    }
}
