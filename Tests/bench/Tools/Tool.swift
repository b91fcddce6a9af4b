// Programs that a person would run: found beforehand, then started and waited for by posix_spawn(3).
import Glibc

struct Tool: Sendable {
    let path: String
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    static let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    init(_ name: String) throws {
        guard let found = Self.folders.map({ (folder: String) -> String in "\(folder)/\(name)" }).first(where: { access($0, X_OK) == 0 }) else {
            throw Failure("there is no \(name)")
        }
        path = found
    }

    /// What it is in the end, where it is a link to another.
    var resolved: String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Standard output goes nowhere, complaints to where ours do.
    func run(_ arguments: [String]) throws {
        let status = try Child(path, arguments, output: "/dev/null").wait()
        if status != 0 { throw Failure("\(name) \(arguments.joined(separator: " ")): exit status \(status)") }
    }

    func output(_ arguments: [String]) throws -> String {
        let path = "/tmp/faultd-bench.out"
        let status = try Child(self.path, arguments, output: path).wait()
        if status != 0 { throw Failure("\(name) \(arguments.joined(separator: " ")): exit status \(status)") }
        return try File.read(path)
    }
}

/// A process of ours, in the network namespace of the thread that starts it.
final class Child {
    let pid: pid_t

    init(_ path: String, _ arguments: [String], output: String, errors: String? = nil, environment: [String] = []) throws {
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let settings = (["PATH=" + Tool.folders.joined(separator: ":"), "HOME=/root"] + environment).map { strdup($0) } + [nil]
        defer { for text in words + settings { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        if let errors { posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600) }
        var pid = pid_t()
        let code = posix_spawn(&pid, path, &actions, nil, words, settings)
        guard code == 0 else { throw Failure("could not start \(path): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    /// The exit status; 128 and the signal's number when a signal ended it.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}
