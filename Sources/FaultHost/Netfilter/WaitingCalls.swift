// Calls of one verb that wait for the thread of a backend, and are then done together.
import FaultModel
import Synchronization

/// What a call asks for.
protocol PacketAsk: Sendable {
    var fault: FaultID { get }
    /// Where; nil is the node's own.
    var namespace: NamespacePin? { get }
}

final class WaitingCalls<Ask: PacketAsk, Answer: Sendable>: Sendable {
    struct Call: Sendable {
        var ask: Ask
        var answer: FirstAnswer<Result<Answer, Problem>>
    }
    private let calls = Mutex<[Call]>([])

    var count: Int { calls.withLock { $0.count } }

    func add(_ ask: Ask, _ answer: FirstAnswer<Result<Answer, Problem>>) { calls.withLock { $0.append(Call(ask: ask, answer: answer)) } }

    /// Those of a fault are answered by this and not done.
    func withdraw(_ fault: FaultID, _ problem: Problem) {
        let withdrawn = calls.withLock { calls in
            let found = calls.filter { $0.ask.fault == fault }
            if !found.isEmpty { calls.removeAll { $0.ask.fault == fault } }
            return found
        }
        for call in withdrawn { call.answer.give(.failure(problem)) }
    }

    /// Those that wait, at most so many; whoever takes them answers them.
    func take(most: Int) -> [Call] {
        calls.withLock { calls in
            let taken = Array(calls.prefix(most))
            calls.removeFirst(taken.count)
            return taken
        }
    }

    /// Answers each; those of one network namespace are done together.
    static func answer(_ taken: [Call], _ work: (NamespacePin?, [Ask]) -> [Result<Answer, Problem>]) {
        guard !taken.isEmpty else { return }
        // Closures, not key paths, which a generic type builds anew at each use.
        for (namespace, calls) in Dictionary(grouping: taken, by: { $0.ask.namespace }) {
            let answers = work(namespace, calls.map { $0.ask })
            let missing = Result<Answer, Problem>.failure(Problem(.internalError, "a backend of packet rules gave no answer"))
            for (index, call) in calls.enumerated() { call.answer.give(answers.indices.contains(index) ? answers[index] : missing) }
        }
    }
}

/// A fault's rules, to be checked before anything is touched.
struct PacketPreparation: PacketAsk {
    var change: PacketChange
    var fault: FaultID
    var namespace: NamespacePin?
}

extension PacketUndo: PacketAsk {}

extension PacketApplication: PacketAsk {
    var fault: FaultID { undo.fault }
    var namespace: NamespacePin? { undo.namespace }
}

extension PacketRenewal: PacketAsk {
    var fault: FaultID { undo.fault }
    var namespace: NamespacePin? { undo.namespace }
}
