// Commands that are not run exist at least, with the options they are given.
import Foundation

/// Looks commands of ours up: subcommands and options in what `--help` prints, targets in the Makefile, scripts in the tree.
struct CommandCheck {
    private var helps: [String: String] = [:]
    private let makefile: String

    init() throws { makefile = try String(contentsOf: DocPage.root.appendingPathComponent("Makefile"), encoding: .utf8) }

    /// What is wrong with a line of shell.
    mutating func faults(_ line: String) async throws -> [String] {
        var faults: [String] = []
        for part in line.split(separator: /&&|\|\||[|;#]/, maxSplits: 8) {
            var words = part.split(separator: " ").map(String.init)
            while let first = words.first, first == "sudo" || first.contains("=") { words.removeFirst() }
            guard let program = words.first else { continue }
            switch program {
            case "make": faults += words.dropFirst().compactMap(target)
            case "faultctl", "faultd": faults += try await options(program, Array(words.dropFirst()))
            case let path where path.hasPrefix("Tests/"):
                if !FileManager.default.fileExists(atPath: DocPage.root.appendingPathComponent(path).path) { faults.append("there is no \(path)") }
            default: continue
            }
        }
        return faults
    }

    private func target(_ word: String) -> String? {
        guard word.wholeMatch(of: /[a-z][a-z-]*/) != nil, !makefile.contains("\n\(word):") else { return nil }
        return "there is no target: make \(word)"
    }

    private mutating func options(_ program: String, _ words: [String]) async throws -> [String] {
        guard let verb = words.first(where: { !$0.hasPrefix("-") }), verb != "help", verb.wholeMatch(of: /[a-z-]+/) != nil else { return [] }
        let help = try await help("\(program) \(verb)")
        guard help.contains("USAGE: \(program) \(verb)") else { return ["there is no command: \(program) \(verb)"] }
        let options = words.compactMap { $0.wholeMatch(of: /(--?[a-z][a-z-]*)(=.*)?/).map { String($0.1) } }
        let known = Set(help.split { $0.isWhitespace || $0 == "," || $0 == "[" || $0 == "]" }.map(String.init))
        return options.filter { !known.contains($0) }.map { "\(program) \(verb) takes no \($0)" }
    }

    private mutating func help(_ command: String) async throws -> String {
        if let known = helps[command] { return known }
        let text = try await Lab.node("\(command) --help").text
        helps[command] = text
        return text
    }
}
