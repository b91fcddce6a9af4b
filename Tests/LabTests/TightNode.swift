// A second node with faultd whose cgroup bites: processes and memory can run out in it, and nowhere else.
import FaultClient
import FaultModel
import Foundation
import Testing

struct TightNode {
    private static let name = "tight"
    private let v1: Bool
    private let prefix: String

    /// Boots it, runs `body`, removes it whatever happens.
    static func with(_ body: (TightNode, FaultClient) async throws -> Void) async throws {
        let v1 = !FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
        let node = TightNode(v1: v1, prefix: try Lab.setting("LAB_PREFIX"))
        let result: Result<Void, any Error>
        do {
            let client = try await node.boot()
            do { result = .success(try await body(node, client)) } catch { result = .failure(error) }
            await client.shutdown()
        } catch { result = .failure(error) }
        _ = try await Lab.run(try Lab.setting("FAULTD_LAB"), "down", name)
        try result.get()
    }

    private func boot() async throws -> FaultClient {
        let lab = try Lab.setting("FAULTD_LAB")
        // What keeps the node running must not keep the pipe that Process sees its child's end by.
        let alone = "for n in {3..99}; do eval \"exec $n>&-\"; done; exec \"$@\""
        let up = try await Lab.run("/bin/bash", "-c", alone, "up", lab, "up", Self.name, v1 ? "hybrid" : "v2")
        try #require(up.status == 0, "\(up.text)")
        let repository = URL(fileURLWithPath: lab).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let root = "\(try Lab.setting("LAB"))/nodes/\(Self.name)/root"
        let build = "BUILD=\(try Lab.setting("FAULTD_LAB_BUILD"))"
        let installed = try await Lab.run("/usr/bin/make", "-s", "-C", repository, "install", "DESTDIR=\(root)", "PREFIX=/usr", build)
        try #require(installed.status == 0, "\(installed.text)")
        let unit = "printf '[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/calm.service"
        let started = try await run("systemd-sysusers; mkdir -p /run/systemd/system; \(unit); systemctl daemon-reload; systemctl start calm faultd")
        try #require(started.status == 0, "\(started.text)")
        return FaultClient(socket: try await socket())
    }

    private func socket() async throws -> String {
        try await Lab.run(try Lab.setting("FAULTD_LAB"), "root", Self.name).text.trimmingCharacters(in: .whitespacesAndNewlines)
            + "/run/faultd/faultd.sock"
    }

    /// A script in the node. What it runs counts in the caller's cgroup, so it runs also when nothing in the node can.
    @discardableResult
    func run(_ script: String) async throws -> Lab.Output { try await Lab.run(try Lab.setting("FAULTD_LAB"), "exec", Self.name, "sh", "-c", script) }

    /// Whether packets to a port of the node itself, where nobody listens, get through.
    func isCut(_ port: Int) async throws -> Bool { try await run("curl -s -m 1 http://127.0.0.1:\(port)/").status == 28 }

    // MARK: limits, in the node's own cgroup

    private func group(_ controller: String) -> String {
        v1 ? "/sys/fs/cgroup/\(controller)/\(prefix)/\(Self.name)" : "/sys/fs/cgroup/\(prefix)/\(Self.name)"
    }

    private func number(_ path: String) throws -> Int {
        let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(Int(text), "\(path): \(text)")
    }

    private func write(_ text: String, _ path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// Nothing in the node can make a process or a thread any more.
    func takeProcesses() throws { try write("\(try number("\(group("pids"))/pids.current"))", "\(group("pids"))/pids.max") }
    func giveProcesses() throws { try write("max", "\(group("pids"))/pids.max") }

    /// Leaves the node this much more than it uses.
    func limitMemory(toMore bytes: Int) throws {
        let (usage, limit) = v1 ? ("memory.usage_in_bytes", "memory.limit_in_bytes") : ("memory.current", "memory.max")
        try write("\(try number("\(group("memory"))/\(usage)") + bytes)", "\(group("memory"))/\(limit)")
    }
}
