// Which faults are meant: the options of list and of revert --all.
public import ArgumentParser
import FaultClient
public import FaultModel

struct Filter: ParsableArguments {
    @Option(help: .init("Only faults of this kind.", valueName: "kind"), completion: .shellCommand("faultctl kinds -o id 2>/dev/null"))
    var kind: String?

    @Option(name: .customLong("label"), help: .init("Only faults with this label; may be repeated.", valueName: "key=value"))
    var labels: [String] = []

    func query() throws -> HistoryQuery {
        var query = HistoryQuery()
        query.kind = kind
        query.labels = try Dictionary(labels.map(Pair.parse)) { $1 }
        return query
    }

    var isEmpty: Bool { kind == nil && labels.isEmpty }

    mutating func validate() throws { _ = try query() }
}

extension FaultState: ExpressibleByArgument {}

extension FaultState {
    /// Everything that is, or may be, still on the node.
    static var open: [FaultState] { allCases.filter { !$0.isFinal } }
}
