// The lab as tests see it: commands in the node, the control socket, and what is measured from outside.
import FaultClient
import FaultModel
import Foundation
import Testing

/// The booted lab that `Tests/lab/lab with` tells of by environment variables.
enum Lab {
    static let environment = ProcessInfo.processInfo.environment
    /// Why tests can't run without it; `make test-lab` fails if one was skipped.
    static let missing: Comment = "needs the lab: run make test-lab"
    static var isUp: Bool { environment["FAULTD_LAB"] != nil }

    static func setting(_ name: String) throws -> String { try #require(environment[name], "\(name) is not set") }
    static var peer4: String { environment["FAULTD_LAB_PEER_IP4"] ?? "" }
    static var peer6: String { "[\(environment["FAULTD_LAB_PEER_IP6"] ?? "")]" }

    struct Output: Sendable {
        var status: Int32
        var text: String
    }

    /// Runs a shell script in the node.
    @discardableResult
    static func node(_ script: String) async throws -> Output {
        try await run(try setting("FAULTD_LAB"), "exec", try setting("FAULTD_LAB_NODE"), "sh", "-c", script)
    }

    /// A command of `Tests/lab/lab`.
    @discardableResult
    static func cast(_ arguments: String...) async throws -> Output { try await run([try setting("FAULTD_LAB_CAST")] + arguments) }

    static func run(_ words: String...) async throws -> Output { try await run(words) }

    static func run(_ words: [String]) async throws -> Output {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-lab-\(UUID().uuidString)")
        try Data().write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let file = try FileHandle(forWritingTo: path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try file.close()
        return Output(status: status, text: String(decoding: try Data(contentsOf: path), as: UTF8.self))
    }

    // MARK: the daemon

    /// The socket as it is now: the node's first process, whose root it is below, changes when the node reboots.
    static func socket() async throws -> String {
        let root = try await run(try setting("FAULTD_LAB"), "root", try setting("FAULTD_LAB_NODE")).text
        return root.trimmingCharacters(in: .whitespacesAndNewlines) + "/run/faultd/faultd.sock"
    }

    /// Runs `body` with a client, and proves afterwards that the node is as it was before.
    static func restoring(_ body: (FaultClient) async throws -> Void) async throws {
        try await settled()
        let before = try await snapshot()
        let client = FaultClient(socket: try await socket())
        do { try await body(client) } catch {
            _ = try? await client.endAll()
            await client.shutdown()
            throw error
        }
        _ = try await client.endAll()
        await client.shutdown()
        try await eventually("the node is as it was before", within: .seconds(20)) { try await snapshot() == before }
        let after = try await snapshot()
        #expect(after == before)
    }

    /// Rules of every table and flavour, unit states and masks, as text.
    static func snapshot() async throws -> String { try await cast("snapshot").text }

    /// Waits until the daemon answers and the workloads run, as tests before may have shaken both.
    static func settled() async throws {
        try await eventually("faultd and the workloads are up", within: .seconds(60)) {
            let ready = try await node("curl -sf --unix-socket /run/faultd/faultd.sock http://node/readyz && docker ps --format '{{.Names}}'")
            return ready.status == 0 && ["web", "cache", "batch", "k8s_kube-apiserver"].allSatisfy(ready.text.contains)
        }
    }

    // MARK: measuring

    enum Reach: Sendable { case answered, timedOut, refused, other(Int32) }

    /// What a TCP connect from the node meets, by curl's exit status.
    static func connect(_ host: String, _ port: Int) async throws -> Reach {
        let output = try await node("curl -s -g -o /dev/null --connect-timeout 2 -m 3 http://\(host):\(port)/")
        switch output.status {
        case 0: return .answered
        case 7: return .refused
        case 28: return .timedOut
        default: return .other(output.status)
        }
    }

    static func state(of unit: String) async throws -> String {
        try await node("systemctl is-active \(unit)").text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Containers of docker: name to id, running ones.
    static func containers() async throws -> [String: String] {
        let lines = try await node("docker ps --no-trunc --format '{{.Names}} {{.ID}}'").text.split(separator: "\n")
        return Dictionary(
            lines.compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 2 ? (String(words[0]), String(words[1])) : nil
            }
        ) { first, _ in first }
    }

    /// Waits for something that has no event to wait for: the lab's own state seen from outside.
    static func eventually(_ what: Comment, within limit: Duration, _ isTrue: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("not within \(limit.text): \(what)")
    }
}

extension Lab.Reach: Equatable {}

extension FaultClient {
    /// A fault by the fields of a form, as curl would send them.
    func inject(_ kind: String, _ fields: KeyValuePairs<String, String>, lease: String = "60s") async throws(Problem) -> FaultDocument {
        try await create(form: [("kind", kind), ("lease", lease)] + fields.map { ($0.key, $0.value) }).document
    }
}

/// Every lab test is in this suite: one lab, one test at a time.
@Suite(.serialized, .enabled(if: Lab.isUp, Lab.missing)) struct LabSuite {}
