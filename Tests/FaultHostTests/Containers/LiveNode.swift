import FaultModel
import Foundation
import Testing

// The node that live tests run in: what they need of its tools, and a container that is removed afterwards.
@testable import FaultHost

enum LiveNode {
    /// Set by whoever runs the tests inside a lab node, in its pid namespace.
    static let isInside = ProcessInfo.processInfo.environment["FAULTD_TEST_IN_NODE"] == "1"
    /// A node's root seen from outside: `/proc/<pid of its init>/root`.
    static let root = ProcessInfo.processInfo.environment["FAULTD_TEST_ROOT"]
    static let image = "lab/work:local"

    struct Failure: Error { var text: String }

    @discardableResult static func sh(_ command: String) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(text: "\(command): \(text)") }
        return text
    }

    /// Measured times, for whoever runs the tests by hand with FAULTD_TEST_REPORT set to a file's path.
    static func report(_ text: String) {
        guard let path = ProcessInfo.processInfo.environment["FAULTD_TEST_REPORT"], let file = fopen(path, "a") else { return }
        fputs(text + "\n", file)
        fclose(file)
    }

    /// Starts containers, gives their names to `body` and removes them again.
    static func withContainers(_ count: Int = 1, options: String, command: String = "", _ body: ([String]) async throws -> Void) async throws {
        let names = (0..<count).map { "t-\(UUID().uuidString.prefix(8).lowercased())-\($0)" }
        let remove = "docker rm -f \(names.joined(separator: " "))"
        do {
            for name in names { try sh("docker run -d --name \(name) \(options) \(image) \(command)") }
            try await body(names)
        } catch {
            _ = try? sh(remove)
            throw error
        }
        _ = try? sh(remove)
    }
}

extension Containers {
    /// Pins of the running containers whose names match.
    func pins(_ pattern: String) async throws -> [ContainerPin] {
        try ContainerSelector.named(pattern).matches(among: await list().containers).filter(\.isRunning).map { ContainerPin($0) }
    }

    /// Prepares and applies; what the engine would do.
    func inject(_ action: ContainerChange.Action, _ pins: [ContainerPin]) async throws -> (undo: ContainerUndo, evidence: Evidence) {
        let change = ContainerChange(action: action, targets: pins)
        let undo = try await prepare(change, for: .forTest())
        let deadline = Moment(boot: 0, wall: .now + .seconds(60))
        return (undo, try await apply(change, undo: undo, until: deadline))
    }

    /// Follows until everything is resolved, at most for `limit`; the last news of each container.
    func recoveries(_ undo: ContainerUndo, limit: Duration) async -> [Evidence.Recovery] {
        var evidence = Evidence()
        guard let news = follow(undo) else { return [] }
        await withTaskGroup(of: Evidence?.self) { group in
            group.addTask {
                var all = Evidence()
                for await news in news { all.merge(news) }
                return all
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            for await result in group {
                if let result { evidence = result }
                group.cancelAll()
            }
        }
        return evidence.containers ?? []
    }
}
