// A page of documentation, read for the commands in it.
import Foundation
import Testing

/// A fenced block, with what the comments above it and the output below it say.
struct DocBlock: Sendable {
    /// What a comment right above a block tells its test: `<!-- exits: 3 -->`. CONTRIBUTING.md explains them.
    enum Mark: String {
        case notRun = "not run"
        case exits, before, after
        case user = "as"
        case limit = "ends after"
        case configuration = "faultd.yaml"
    }

    var page: String
    /// Of the fence, counted from 1.
    var line: Int
    var language: String
    var text: String
    var marks: [Mark: String]
    /// What a reader is told that it prints.
    var shown: String?

    var place: String { "\(page):\(line)" }
    var isRun: Bool { language == "sh" && marks[.notRun] == nil }
}

struct DocPage: Sendable {
    var name: String
    var blocks: [DocBlock] = []
    /// Commands of ours in running text.
    var inline: [(line: Int, command: String)] = []
    /// What keeps commands from being tested.
    var faults: [String] = []

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..").standardized

    /// Every page for people; docs/kinds is made from the catalogue, and docs/decisions tells of the past.
    static let all: [DocPage] = {
        let folder = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("docs").path)) ?? []
        let names = ["README.md", "CONTRIBUTING.md", "SECURITY.md"] + folder.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
        return names.compactMap { name in
            (try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)).map { DocPage(name, text: $0) }
        }
    }()

    init(_ name: String, text: String) {
        self.name = name
        var reader = DocReader(page: name)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() { reader.take(String(line), at: index + 1) }
        reader.end()
        (blocks, inline, faults) = (reader.blocks, reader.inline, reader.faults)
    }
}

extension DocPage: CustomTestStringConvertible {
    var testDescription: String { name }
}
