// Runs the program that was built beside the tests.
import Foundation

/// `faultctl` as a person or a script runs it: with no terminal.
enum Program {
    struct Outcome: Sendable {
        var status: Int32
        var out: String
        var errors: String
    }

    /// The folder that holds the test binary holds the program too.
    static var path: URL {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("faultctl")
    }

    static func run(_ arguments: String..., socket: String? = nil, environment: [String: String] = [:]) async throws -> Outcome {
        try await run(arguments, socket: socket, environment: environment)
    }

    static func run(_ arguments: [String], socket: String? = nil, environment: [String: String] = [:]) async throws -> Outcome {
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "FAULTD_SOCKET": socket ?? "/tmp/faultctl-test-nowhere.sock"].merging(environment) { $1 }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["out", "errors"].map { folder.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        process.standardInput = FileHandle.nullDevice
        try await finish(process)
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Outcome(status: process.terminationStatus, out: texts[0], errors: texts[1])
    }

    /// Without holding up a thread that other tests need.
    private static func finish(_ process: Process) async throws {
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
    }
}
