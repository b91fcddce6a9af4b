// The tools that a person would use, to look at the tables from outside.
import Foundation
import Testing

/// Commands with a lock file of the test's own, so that nobody else's iptables waits for a test.
struct Shell: Sendable {
    let lock: String

    struct Result {
        var status: Int32
        var output: String
    }

    /// Runs a line of sh; standard output and standard error come back as one text.
    @discardableResult
    func run(_ line: String, input: String = "") throws -> Result {
        let files = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-test-\(UUID().uuidString)").path
        defer { for end in ["in", "out"] { unlink("\(files).\(end)") } }
        try input.write(toFile: "\(files).in", atomically: false, encoding: .utf8)
        let status = try Child("exec < \(files).in > \(files).out 2>&1; \(line)", lock: lock).wait()
        return Result(status: status, output: try String(contentsOfFile: "\(files).out", encoding: .utf8))
    }

    /// Runs a line of sh that must succeed.
    @discardableResult
    func expect(_ line: String, input: String = "", at location: SourceLocation = #_sourceLocation) throws -> String {
        let result = try run(line, input: input)
        #expect(result.status == 0, "\(line): \(result.output)", sourceLocation: location)
        return result.output
    }
}

/// A process of sh. Foundation's Process waits for ever on a thread of the cooperative pool, so this is posix_spawn(3).
final class Child {
    let pid: pid_t
    private var ended: Int32?

    init(_ line: String, lock: String) throws {
        let arguments = Self.strings("/bin/sh", "-c", line)
        let environment = Self.strings("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "XTABLES_LOCKFILE=\(lock)", "LC_ALL=C")
        defer { for text in arguments + environment { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, "/bin/sh", nil, nil, arguments, environment)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
        self.pid = pid
    }

    private static func strings(_ texts: String...) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }

    /// The exit status; 128 and the signal's number when a signal ended it.
    @discardableResult
    func wait() -> Int32 {
        if let ended { return ended }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        ended = code
        return code
    }

    /// Ends it if it has not ended: its pid is its own until it was waited for.
    func kill() {
        if ended == nil { _ = Foundation.kill(pid, SIGKILL) }
        wait()
    }
}
