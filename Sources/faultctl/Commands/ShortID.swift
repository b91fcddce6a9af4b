// An id as people type it.
import ArgumentParser
import FaultClient

/// At least four characters of a fault's id, from its start or its end.
struct ShortID: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        guard FaultClient.isFragment(argument) else { return nil }
        text = argument
    }
}

extension CompletionKind {
    /// Faults that are not over.
    static var faults: CompletionKind { .shellCommand("faultctl list -o id 2>/dev/null") }
}
