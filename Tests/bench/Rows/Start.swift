// From nothing to READY, and what a daemon costs that nobody asks anything of: against a bare SwiftNIO server.
import Glibc

func measureStart(_ bench: Bench) throws -> [Line] {
    let daemon = try Daemon(bench.faultd, folder: bench.folder + "/start", backend: "auto")
    var (ours, bare) = (Samples(), Samples())
    for _ in 0..<bench.effort.slow / 2 {
        ours.add(try daemon.start())
        try daemon.stop()
        let server = try BareServer.Process(in: bench.folder + "/bare")
        bare.add(server.startTook)
        server.end()
    }
    return [Line("start/bare", "start to READY", ours, against: "a bare NIO server", bare, goal: .atMost(50))]
}

/// Both at once, after each was asked something: code that never ran is not resident.
func measureIdle(_ bench: Bench) throws -> [Line] {
    let daemon = try bench.daemon("idle", backend: "auto")
    let server = try BareServer.Process(in: bench.folder + "/bare")
    defer { server.end() }
    let wires = [try daemon.connect(), try Wire(server.socketPath)]
    _ = try wires[1].call("GET", "/").require(200, "GET")
    let fault = try FaultContender(daemon, "faultd") { Drop.body($0) }
    try fault.put(1)
    try fault.take(1)
    // What was begun by then may end.
    Clock.sleep(milliseconds: 2000)
    let before = (try daemon.usage, try Usage(of: server.child.pid))
    Clock.sleep(milliseconds: bench.effort.idle * 1000)
    let after = (try daemon.usage, try Usage(of: server.child.pid))
    try daemon.stop()
    let (wakes, bareWakes) = (Double(after.0.wakeUps(since: before.0)), Double(after.1.wakeUps(since: before.1)))
    let bare = "a bare NIO server"
    return [
        Line("idle.memory/bare", "resident memory, idle", .megabytes, after.0.residentMB, against: bare, after.1.residentMB, goal: .atMost(25)),
        Line("idle.private/bare", "of it, not shared with any file's other users", .megabytes, after.0.ownMB, against: bare, after.1.ownMB),
        Line("idle.wakeups/bare", "wake-ups in \(bench.effort.idle.short) s, idle", .count, wakes, against: bare, bareWakes, goal: .atMost(0)),
    ]
}
