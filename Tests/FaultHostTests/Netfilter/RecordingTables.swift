// Tables that hold nothing: they write down what they are asked, and can be held up.
import Dispatch
import FaultModel
import Synchronization

@testable import FaultHost

final class RecordingTables: BlockingTables {
    static let tables = PacketTables.iptables
    /// The first fault of the tests: its apply waits for `release`.
    static let slow = FaultID.test(0)
    /// Its apply fails.
    static let bad = FaultID.test(13)

    private let gate = DispatchSemaphore(value: 0)
    private let log = Mutex<[String]>([])

    /// Such as `apply 3`: the verb and how many at once.
    var asked: [String] { log.withLock { $0 } }
    func release() { gate.signal() }

    func prepare(_ change: PacketChange, for fault: FaultID) throws(Problem) -> PacketUndo { PacketUndo(fault: fault, rules: change.rules) }
    func foresee(until deadline: Moment) -> Backstop { Backstop(by: "kernel", at: deadline.wall, detail: "") }
    func rearm(_ undo: PacketUndo, until deadline: Moment) throws(Problem) -> Backstop { foresee(until: deadline) }
    func apply(_ change: PacketChange, undo: PacketUndo, until deadline: Moment) throws(Problem) -> Evidence {
        if undo.fault == Self.slow { gate.wait() }
        if undo.fault == Self.bad { throw Problem(.hostFailure, "refused") }
        return Evidence(drift: [])
    }
    func revert(_ undo: PacketUndo) throws(Problem) -> RevertOutcome { RevertOutcome(.restored) }
    func observe(_ undo: PacketUndo) throws(Problem) -> Evidence { Evidence(drift: []) }
    func inventory() throws(Problem) -> [Artefact] { [] }
    func remove(_ artefact: Artefact) throws(Problem) {}
    func capability() -> CapabilityReport { CapabilityReport(.netfilter, available: true, detail: "") }
    func use() -> TableUse { .unused }

    // MARK: many at once

    private func note<T>(_ verb: String, _ count: Int, _ work: () -> T) -> T {
        log.withLock { $0.append("\(verb) \(count)") }
        return work()
    }

    func rearm(_ wanted: [PacketRenewal]) -> [Result<Backstop, Problem>] {
        note("rearm", wanted.count) { wanted.map { .success(foresee(until: $0.deadline)) } }
    }

    func apply(_ wanted: [PacketApplication]) -> [Result<Evidence, Problem>] {
        note("apply", wanted.count) {
            wanted.map { item in Result { () throws(Problem) in try apply(item.change, undo: item.undo, until: item.deadline) } }
        }
    }

    func revert(_ undos: [PacketUndo]) -> [Result<RevertOutcome, Problem>] {
        note("revert", undos.count) { undos.map { _ in .success(RevertOutcome(.restored)) } }
    }

    func observe(_ undos: [PacketUndo]) -> [Result<Evidence, Problem>] {
        note("observe", undos.count) { undos.map { _ in .success(Evidence(drift: [])) } }
    }
}
