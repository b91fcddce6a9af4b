// The promise, enumerated: stop the daemon at every call, restart it, stop it again; the node is as it was.
import FaultEngine
import FaultKinds
import FaultModel
import FaultTesting
import Testing

struct SweepCase: Sendable, CustomTestStringConvertible {
    var kind: String
    var example: KindExample
    var testDescription: String { "\(kind): \(example.title)" }

    static let all: [SweepCase] = Catalog.kinds.flatMap { kind in kind.examples.map { SweepCase(kind: kind.name, example: $0) } }

    /// What it hits may be back at once, so that nothing is left to be seen.
    var isDoneOnce: Bool { ["container.kill", "container.restart", "container.remove", "unit.restart", "unit.kill"].contains(kind) }

    var request: FaultRequest {
        var request = FaultRequest(kind: kind, spec: example.spec, lease: .seconds(60), lenient: true)
        request.allowIrreversible = true
        return request
    }
}

@Suite struct CrashSweepTests {
    @Test(arguments: SweepCase.all) func injectingChangesTheNodeAndEndingRestoresIt(_ item: SweepCase) async throws {
        let bench = Bench()
        let before = bench.host.text()
        let fault = try await bench.controller.create(item.request, by: Bench.caller).fault
        #expect(bench.host.log.contains { $0.hasPrefix("apply") })
        if !item.isDoneOnce { #expect(bench.host.text() != before) }
        let ended = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(bench.host.text() == before)
        #expect(ended.state == .reverted)
        #expect(ended.clean == true)
    }

    @Test(arguments: SweepCase.all, CrashPoint.Side.allCases) func everyCrashAndEveryCrashAfterIt(_ item: SweepCase, _ side: CrashPoint.Side)
        async throws
    {
        let before = Bench().host.text()
        var tried = 0
        for first in 1... {
            let crash = CrashPoint(at: first, side: side)
            let bench = Bench(crash: crash)
            do { try await bench.live(item) } catch {}
            await bench.controller.settleForTest()
            guard crash.hasCrashed else { break }
            for second in 1... {
                let again = CrashPoint(at: second, side: side)
                let restarted = bench.restarted(crash: again)
                do { try await restarted.controller.start() } catch {}
                tried += 1
                let last = restarted.restarted()
                try await last.controller.start()
                #expect(last.host.text() == before, "stopped at call \(first), then at call \(second)")
                #expect(last.journal.openFaults.isEmpty, "stopped at call \(first), then at call \(second)")
                if !again.hasCrashed { break }
            }
            // The sweep itself must end: no example makes this many calls.
            try #require(first < 200)
        }
        #expect(tried > 20)
    }

    @Test(arguments: SweepCase.all.filter { !$0.kind.hasPrefix("container.") }, CrashPoint.Side.allCases)
    func deadForGoodTheBackstopsEndIt(_ item: SweepCase, _ side: CrashPoint.Side) async throws {
        let before = Bench().host.text()
        for first in 1... {
            let crash = CrashPoint(at: first, side: side)
            let bench = Bench(crash: crash)
            do { try await bench.live(item) } catch {}
            bench.clock.stop()
            bench.clock.advance(by: .seconds(92))
            bench.host.change { $0.pass(to: bench.clock.now().boot) }
            let effect = bench.host.node.effect(at: bench.clock.now())
            // What ran in Docker with no restart policy needs faultd itself: `faultd revert`, which the backstop runs.
            #expect(Self.withoutUnsupervised(effect) == Self.withoutUnsupervised(before), "stopped at call \(first)")
            let last = bench.restarted()
            try await last.controller.start()
            #expect(last.host.text() == before, "stopped at call \(first)")
            #expect(last.journal.openFaults.isEmpty)
            if !crash.hasCrashed { break }
        }
    }

    private static func withoutUnsupervised(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("container job") } }

    @Test(arguments: SweepCase.all) func everyCallThatFailsOnceIsUndone(_ item: SweepCase) async throws {
        let before = Bench().host.text()
        for verb in try await Self.verbs(of: item) {
            let bench = Bench()
            bench.host.breakVerb(verb)
            do {
                let fault = try await bench.controller.create(item.request, by: Bench.caller).fault
                _ = try await bench.controller.end(fault.id, by: Bench.caller)
            } catch { #expect(error.detail == "\(verb) is broken") }
            #expect(bench.host.text() == before, "\(verb) failed")
            #expect(bench.controller.policy == Policy())
            #expect(await bench.controller.ready().ready)
        }
    }
}

extension CrashSweepTests {
    /// What injecting it asks of each mechanism that takes part.
    private static func verbs(of item: SweepCase) async throws -> [String] {
        let bench = Bench()
        _ = try await bench.controller.create(item.request, by: Bench.caller)
        return Set(bench.host.log.filter { log in ["prepare", "arm", "apply"].contains { log.hasPrefix($0 + " ") } }).sorted()
    }
}

extension Bench {
    /// Inject, renew, and end by request.
    func live(_ item: SweepCase) async throws(Problem) {
        try await controller.start()
        let fault = try await controller.create(item.request, by: Bench.caller).fault
        _ = try await controller.renew(fault.id, lease: .seconds(90), by: Bench.caller)
        _ = try await controller.end(fault.id, by: Bench.caller)
    }
}

extension Controller {
    /// Lets late writes reach the journal, or die with the daemon.
    func settleForTest() async { for _ in 0..<20 { await Task.yield() } }
}
