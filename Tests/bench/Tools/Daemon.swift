// A faultd of the bench's own: started, waited for, measured, ended.
import Glibc

final class Daemon {
    /// What a test of thousands of faults needs; everything else has its default.
    static func configuration(_ folder: String, backend: String) -> String {
        """
        state_directory: \(folder)
        packet_backend: \(backend)
        socket:
          path: \(folder)/socket
          group: none
        policy:
          max_faults: 20000
          max_lease: 24h
        """
    }

    let socketPath: String
    private let program: String
    private let folder: String
    private let place: Place
    private var child: Child?

    /// - Parameter folder: where its journal is: a new one.
    init(_ program: String, folder: String, backend: String, in place: Place = .home) throws {
        (self.program, self.folder, self.place) = (program, folder, place)
        socketPath = folder + "/socket"
        try Tool("rm").run(["-rf", folder])
        try Tool("mkdir").run(["-p", folder])
        try File.write(folder + "/faultd.yaml", Self.configuration(folder, backend: backend) + "\n")
    }

    deinit {
        kill()
        _ = try? Tool("rm").run(["-rf", folder])
    }

    /// Milliseconds from the start of the process to READY=1.
    @discardableResult
    func start() throws -> Double {
        let ready = try ReadySocket(folder + "/notify")
        let start = Clock.now()
        child = try place.within {
            try Child(
                program, ["serve", "--config", folder + "/faultd.yaml"], output: "/dev/null", errors: folder + "/log",
                environment: ["NOTIFY_SOCKET=\(folder)/notify"])
        }
        do { try ready.wait() } catch { throw Failure("\(error): \((try? File.read(folder + "/log")) ?? "")") }
        return Clock.milliseconds(since: start)
    }

    /// In order: everything is taken back.
    func stop() throws {
        guard let child else { return }
        Glibc.kill(child.pid, SIGTERM)
        let status = child.wait()
        self.child = nil
        if status != 0 { throw Failure("faultd ended with \(status): \((try? File.read(folder + "/log")) ?? "")") }
    }

    func kill() {
        guard let child else { return }
        Glibc.kill(child.pid, SIGKILL)
        child.wait()
        self.child = nil
    }

    func connect() throws -> Wire { try Wire(socketPath) }
    var journalPath: String { folder + "/journal.sqlite" }
    var usage: Usage { get throws { try Usage(of: child?.pid ?? 0) } }
}

/// What a process takes while nobody asks anything of it.
struct Usage {
    let residentMB: Double
    let ownMB: Double
    /// Times that each of its threads was put to sleep or aside, ever.
    private let switches: [String: Int]

    init(of pid: pid_t) throws {
        let memory = try File.read("/proc/\(pid)/smaps_rollup")
        residentMB = Double(File.number("Rss", in: memory) ?? 0) / 1024
        ownMB = Double((File.number("Private_Dirty", in: memory) ?? 0) + (File.number("Private_Clean", in: memory) ?? 0)) / 1024
        let threads = File.names(in: "/proc/\(pid)/task").map { thread in
            let status = (try? File.read("/proc/\(pid)/task/\(thread)/status")) ?? ""
            return (thread, ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"].reduce(0) { $0 + (File.number($1, in: status) ?? 0) })
        }
        switches = Dictionary(threads) { first, _ in first }
    }

    /// Times that a thread ran since then. What a thread did that has ended meanwhile is not known, but that it ended is.
    func wakeUps(since before: Usage) -> Int {
        let ended = before.switches.keys.count { switches[$0] == nil }
        return ended + switches.reduce(0) { $0 + $1.value - (before.switches[$1.key] ?? 0) }
    }
}

/// The other end of sd_notify(3).
final class ReadySocket {
    private let descriptor: Int32
    private let path: String
    private static let patience = 60  // s

    init(_ path: String) throws {
        self.path = path
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        setPatience(descriptor, seconds: Self.patience)
        guard descriptor >= 0, UnixAddress.use(path, { bind(descriptor, $0, $1) }) == 0 else { throw Failure.system("listen on \(path)") }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    func wait() throws {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure("did not get ready within \(Self.patience) s") }
            if String(decoding: buffer[..<count], as: UTF8.self).contains("READY=1") { return }
        }
    }
}
