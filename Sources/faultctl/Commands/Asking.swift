// What a fault is asked for with: the kind's fields, and the envelope round them.
import ArgumentParser
import FaultClient
import FaultModel

/// The arguments of `inject` and `plan`.
struct Asking: ParsableArguments {
    @Argument(help: "The kind of fault; `faultctl kinds` lists them.", completion: .shellCommand("faultctl kinds -o id 2>/dev/null"))
    var kind: String

    @Argument(help: .init("The kind's fields. A list is written by repeating its key or with commas.", valueName: "key=value"))
    var fields: [String] = []

    @Option(help: .init("How long, such as 90s or 1h30m; the node's default if left out.", valueName: "duration"))
    var lease: String?

    @Option(help: .init("Why, for those who find it.", valueName: "text"))
    var reason: String?

    @Option(name: .customLong("label"), help: .init("A name to find the fault by; may be repeated.", valueName: "key=value"))
    var labels: [String] = []

    @Option(help: .init("Whose it is; you if left out.", valueName: "name"))
    var owner: String?

    @Option(help: .init("End it after this long unless `faultctl confirm` comes first: for faults that may cut you off.", valueName: "duration"))
    var confirmWithin: String?

    @Flag(help: "Accept an act that can't be undone.")
    var allowIrreversible = false

    /// The form, exactly as curl's `-d` would send it.
    func form() throws -> [(String, String)] {
        var form = [("kind", kind)] + (try fields.map(Pair.spec))
        if let lease { form.append(("lease", lease)) }
        if let reason { form.append(("reason", reason)) }
        form += try labels.map(Pair.parse).map { ("labels.\($0.0)", $0.1) }
        if let owner { form.append(("owner", owner)) }
        if let confirmWithin { form.append(("confirm_within", confirmWithin)) }
        if allowIrreversible { form.append(("allow_irreversible", "true")) }
        return form
    }

    mutating func validate() throws { _ = try form() }

    /// As it would be typed to inject it.
    var command: String {
        var words = ["faultctl", "inject", kind] + fields
        if let lease { words += ["--lease", lease] }
        if let reason { words += ["--reason", reason] }
        for label in labels { words += ["--label", label] }
        if let owner { words += ["--owner", owner] }
        if let confirmWithin { words += ["--confirm-within", confirmWithin] }
        if allowIrreversible { words.append("--allow-irreversible") }
        return words.map(Words.quoted).joined(separator: " ")
    }

    /// For a line that says what is waited for: `unit.stop unit=docker.service`.
    var title: String { ([kind] + fields).joined(separator: " ") }
}

/// `key=value` on a command line.
enum Pair {
    static func parse(_ text: String) throws -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("'\(text)' is not key=value.") }
        return (parts[0], parts[1])
    }

    /// A field of a spec. In a form, labels are the fault's own: taken for a selector's they would make it choose more than was meant.
    static func spec(_ text: String) throws -> (String, String) {
        let pair = try parse(text)
        let head = pair.0.prefix { $0 != "." }
        guard head == "label" || head == "labels" else { return pair }
        let name = pair.0.dropFirst(head.count + 1)
        throw ValidationError(
            "'\(text)' has two meanings: write spec.labels.\(name)=\(pair.1) to choose targets by their label, or --label \(name)=\(pair.1) to label the fault."
        )
    }
}
