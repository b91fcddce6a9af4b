// What waits together is done together: one look, one transaction for many faults. Tables that gain nothing by it take them one by one.
import FaultModel

/// The rules of one fault, to be put in force.
struct PacketApplication: Sendable {
    var change: PacketChange
    var undo: PacketUndo
    var deadline: Moment
}

/// A fault's kernel end, to be moved.
struct PacketRenewal: Sendable {
    var undo: PacketUndo
    var deadline: Moment
}

extension BlockingTables {
    func prepare(_ wanted: [(change: PacketChange, fault: FaultID)]) -> [Result<PacketUndo, Problem>] {
        wanted.map { item in Result { () throws(Problem) in try prepare(item.change, for: item.fault) } }
    }

    func rearm(_ wanted: [PacketRenewal]) -> [Result<Backstop, Problem>] {
        wanted.map { item in Result { () throws(Problem) in try rearm(item.undo, until: item.deadline) } }
    }

    func apply(_ wanted: [PacketApplication]) -> [Result<Evidence, Problem>] {
        wanted.map { item in Result { () throws(Problem) in try apply(item.change, undo: item.undo, until: item.deadline) } }
    }

    func revert(_ undos: [PacketUndo]) -> [Result<RevertOutcome, Problem>] {
        undos.map { undo in Result { () throws(Problem) in try revert(undo) } }
    }

    func observe(_ undos: [PacketUndo]) -> [Result<Evidence, Problem>] {
        undos.map { undo in Result { () throws(Problem) in try observe(undo) } }
    }
}
