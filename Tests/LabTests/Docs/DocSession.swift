// The blocks of a page, run one after the other in one shell of the node, as a reader would type them.
import Foundation
import Testing

struct DocRun: Sendable {
    struct Failure: Sendable {
        var status: Int32
        var command: String
    }

    var block: DocBlock
    var output = ""
    var failures: [Failure] = []
    var hasEnded = false
}

enum DocSession {
    private static let folder = "/run/lab-docs"
    /// s, for all of a page.
    private static let limit = 180
    /// Begins what the session tells of itself, between what the commands print.
    private static let sign = "@@"

    /// What a reader has and the node has not, and what tells of commands that fail. An HTTP error is a failure here.
    private static let prelude = """
        shopt -s expand_aliases
        set -o pipefail
        exec </dev/null
        sudo() { "$@"; }
        curl() { command curl --fail-with-body "$@"; }
        newest() { faultctl list -o id | head -n 1; }
        told() { local status=$?; [ "$status" = 141 ] || [ "$status" = 130 ] || printf '\\n\(sign) failed %d %s\\n' "$status" "${BASH_COMMAND//$'\\n'/ }"; }
        trap told ERR

        """

    static func run(_ blocks: [DocBlock]) async throws -> [DocRun] {
        let root = try await Lab.run(try Lab.setting("FAULTD_LAB"), "root", try Lab.setting("FAULTD_LAB_NODE")).text
        let outside = root.trimmingCharacters(in: .whitespacesAndNewlines) + folder
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        var session = prelude
        for (index, block) in blocks.enumerated() {
            try Data(script(block).utf8).write(to: URL(fileURLWithPath: "\(outside)/\(index).sh"))
            session += steps(block, index)
        }
        try Data(session.utf8).write(to: URL(fileURLWithPath: outside + "/session.sh"))
        let output = try await Lab.node("timeout -k 5 \(limit) bash \(folder)/session.sh; rm -r \(folder)").text
        return parse(output, blocks)
    }

    /// The block with what its words in capitals stand for: the newest fault in force, and somebody who is not root.
    private static func script(_ block: DocBlock) -> String {
        let text = block.text.replacing(/([ \/=])ID\b/) { "\($0.1)$(newest)" }.replacing(/\bYOU\b/, with: "ana").replacing(
            /\bPEER\b/, with: Lab.peer4)
        // A shell of its own shares nothing but the aliases.
        if block.marks[.limit] != nil { return prelude + ". \(folder)/aliases\n" + text }
        return block.marks[.user] == nil ? text + ":\n" : text
    }

    private static func steps(_ block: DocBlock, _ index: Int) -> String {
        let file = "\(folder)/\(index).sh"
        let run =
            if let user = block.marks[.user] {
                "runuser -u \(user) -- bash \(file)"
            } else if let limit = block.marks[.limit] {
                "alias -p >\(folder)/aliases; timeout -s INT \(limit) bash \(file) && false || [ $? = 124 ]"
            } else {
                "source \(file)"
            }
        return """
            printf '\\n\(sign) begin \(index)\\n'
            \(block.marks[.before] ?? ":")
            printf '\\n\(sign) prints\\n'
            \(run) 2>&1
            printf '\\n\(sign) end\\n'
            \(block.marks[.after] ?? ":")

            """
    }

    private static func parse(_ output: String, _ blocks: [DocBlock]) -> [DocRun] {
        var runs = blocks.map { DocRun(block: $0) }
        var (current, isPrinting) = (0, false)
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard words.first == sign, words.count > 1 else {
                // Curl's word for an HTTP error, of which a reader's curl says nothing.
                if isPrinting, !line.hasPrefix("curl: (22)") { runs[current].output += line + "\n" }
                continue
            }
            switch words[1] {
            case "begin": current = words.count > 2 ? Int(words[2]) ?? 0 : 0
            case "prints": isPrinting = true
            case "end": (isPrinting, runs[current].hasEnded) = (false, true)
            default: runs[current].failures.append(.init(status: words.count > 2 ? Int32(words[2]) ?? 1 : 1, command: words.last ?? ""))
            }
        }
        return runs
    }
}
