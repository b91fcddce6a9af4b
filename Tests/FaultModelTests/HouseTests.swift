// The rules of the house that no compiler holds: which room may enter which, and how a file begins.
import Foundation
import Testing

/// Reads the sources as text; docs/architecture.md has the rules in words.
struct HouseTests {
    private struct Source {
        var path: String
        var lines: [Substring]

        var room: String { String(path.split(separator: "/")[0]) }
        var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1, !line.hasPrefix(" ") else { return nil }
                return String(words[at + 1])
            }
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// Read once for all tests.
    private static let sources = Result { try read() }

    private static func read() throws -> [Source] {
        let folder = root.appending(path: "Sources")
        let all = try #require(FileManager.default.enumerator(atPath: folder.path()))
        return try all.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }.sorted().map { path in
            let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            return Source(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// The rooms of ours that each may enter: the arrows of docs/architecture.md.
    private static let doors: [String: Set<String>] = [
        "FaultModel": [],
        "FaultKinds": ["FaultModel"],
        "FaultEngine": ["FaultModel", "FaultKinds", "CSQLite"],
        "FaultHost": ["FaultModel", "CNetfilter", "CSystemd", "CLinux"],
        "FaultServer": ["FaultModel", "FaultEngine", "CLinux"],
        "FaultClient": ["FaultModel"],
        "faultctl": ["FaultModel", "FaultClient", "CLinux", "CRelease"],
        "faultd": ["FaultModel", "FaultEngine", "FaultHost", "FaultServer", "CSystemd", "CYAML", "CLinux", "CRelease"],
    ]

    /// What a room may use of the world, where that is less than everything.
    private static let tools: [String: Set<String>] = [
        // Values only: no I/O, no clock, no logging.
        "FaultModel": ["FoundationEssentials"],
        "FaultKinds": [],
        // No socket, no HTTP: the heart compiles in seconds.
        "FaultEngine": ["Dispatch", "Glibc", "HeapModule", "Logging", "Synchronization"],
    ]

    @Test func everyImportIsAnArrowOfTheArchitecture() throws {
        let sources = try Self.sources.get()
        #expect(Set(sources.map(\.room)) == Set(Self.doors.keys), "a room without rules, or rules without a room")
        for source in sources {
            let doors = try #require(Self.doors[source.room])
            for name in source.imports {
                if name.hasPrefix("Fault") || (name.hasPrefix("C") && Self.modules.contains(name)) {
                    #expect(doors.contains(name), "Sources/\(source.path) imports \(name)")
                } else if let tools = Self.tools[source.room] {
                    #expect(tools.contains(name), "Sources/\(source.path) imports \(name)")
                }
            }
        }
    }

    private static let modules: Set<String> = ["CLinux", "CNetfilter", "CRelease", "CSystemd", "CSQLite", "CYAML"]

    @Test func everyFileBeginsWithASentenceAboutItsJob() throws {
        for source in try Self.sources.get() {
            let first = source.lines.first ?? ""
            #expect(first.hasPrefix("// ") && first.count > 15, "Sources/\(source.path) begins with: \(first)")
        }
    }

    /// The file where all features meet is the one to split up.
    @Test func noFileGrowsWithoutEnd() throws {
        for source in try Self.sources.get() { #expect(source.lines.count <= 300, "Sources/\(source.path) has \(source.lines.count) lines") }
    }

    @Test func librariesNeitherPrintNorTrap() throws {
        let commands: Set = ["faultd", "faultctl"]
        for source in try Self.sources.get() {
            for (number, line) in source.lines.enumerated() {
                let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                let bad = ["fatalError(", "preconditionFailure(", "Task.detached"] + (commands.contains(source.room) ? [] : [" print(\""])
                for word in bad where code.contains(word) { Issue.record("Sources/\(source.path):\(number + 1): \(line)") }
            }
        }
    }
}
