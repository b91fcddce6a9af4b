// Any number of faults at once, ending in any order, each exactly in force until its own end: random histories against a reference.
import FaultEngine
import FaultModel
import FaultTesting
import Foundation
import Synchronization
import Testing

/// `FAULTD_TEST_HISTORIES` says how many (15 s of them if left out), `FAULTD_TEST_SEED` which is the first; a seed alone is one history, told in full.
@Suite struct CompositionTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["FAULTD_TEST_SEED"].flatMap(UInt64.init)
    private static let count = environment["FAULTD_TEST_HISTORIES"].flatMap(UInt64.init) ?? (seed == nil ? nil : 1)
    /// How long to go on when nobody says how many.
    private static let patience = Duration.seconds(15)

    @Test func randomHistoriesDoWhatTheReferenceSays() async throws {
        let rules = try await rulesAlone()
        let first = Self.seed ?? 1
        if Self.count == 1 { print("history \(first):\n\(CompositionHistory(seed: first))") }
        let next = Atomic(first)
        let began = ContinuousClock.now
        let failed = Mutex<(history: CompositionHistory, why: CompositionViolation)?>(nil)
        let tally = CompositionTally()
        await Simulation.onThreads(ProcessInfo.processInfo.activeProcessorCount) {
            while failed.withLock({ $0 == nil }) {
                let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard Self.count.map({ seed < first + $0 }) ?? (ContinuousClock.now < began + Self.patience) else { return }
                let history = CompositionHistory(seed: seed)
                if let why = CompositionWorld.violation(in: history, rules: rules, tally: tally) { failed.withLock { $0 = $0 ?? (history, why) } }
            }
        }
        print("composition: \(tally) in \((ContinuousClock.now - began).text)")
        #expect(tally.histories > 0, "nothing was tried")
        guard let (history, why) = failed.withLock({ $0 }) else { return }
        let told = await Simulation.onThread { Self.told(history, why, rules) }
        Issue.record("\(told)")
    }

    /// The shortest history that still goes wrong, as text.
    private static func told(_ history: CompositionHistory, _ why: CompositionViolation, _ rules: [String: [PacketRule]]) -> String {
        let short = shrunk(history) { CompositionWorld.violation(in: $0, rules: rules) != nil }
        // Ids and hashes differ from run to run, so that what went wrong once may not go wrong again.
        let again = CompositionWorld.violation(in: short, rules: rules).map { "shrunk to:\n\(short)\n\($0)" } ?? "not seen again:\n\(history)"
        return "seed \(history.seed) (FAULTD_TEST_SEED=\(history.seed) runs it again): \(why); \(again)"
    }

    /// Leaves out steps, and parts of those that are several at once, for as long as it goes wrong without them.
    private static func shrunk(_ history: CompositionHistory, _ fails: (CompositionHistory) -> Bool) -> CompositionHistory {
        var best = history
        var isShorter = true
        while isShorter {
            isShorter = false
            for index in best.steps.indices.reversed() {
                guard let found = shorter(best, at: index).first(where: fails) else { continue }
                best = found
                isShorter = true
            }
        }
        return best
    }

    private static func shorter(_ history: CompositionHistory, at index: Int) -> [CompositionHistory] {
        guard history.steps.indices.contains(index) else { return [] }
        var without = history
        without.steps.remove(at: index)
        guard case .together(let parts) = history.steps[index] else { return [without] }
        return [without]
            + parts.map { part in
                var single = history
                single.steps[index] = part
                return single
            }
    }

    /// Each spec's rules, as they are when it is the only fault on a node.
    private func rulesAlone() async throws -> [String: [PacketRule]] {
        var rules: [String: [PacketRule]] = [:]
        for spec in PoolSpec.all where spec.hasPackets {
            let bench = Bench()
            _ = try await bench.controller.create(spec.request, by: Bench.caller)
            rules[spec.title] = NodeSight(bench.host.node).rules.map(\.rule)
        }
        return rules
    }
}

/// What was tried, for the log.
final class CompositionTally: CustomStringConvertible, Sendable {
    private let counts = Mutex((histories: 0, steps: 0, granted: 0, crashes: 0))

    func add(_ history: CompositionHistory, granted: Int, crashes: Int) {
        counts.withLock {
            $0.histories += 1
            $0.steps += history.steps.count
            $0.granted += granted
            $0.crashes += crashes
        }
    }

    var histories: Int { counts.withLock { $0.histories } }

    var description: String {
        let counts = counts.withLock { $0 }
        return "\(counts.histories) histories, \(counts.steps) steps, \(counts.granted) faults granted, \(counts.crashes) crashes"
    }
}
