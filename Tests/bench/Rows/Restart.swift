// A daemon that is killed with many faults in force, half of which have expired when it is back.

func measureRestart(_ backend: String, _ bench: Bench) throws -> [Line] {
    let half = bench.effort.leases / 2
    let daemon = try bench.daemon("restart", backend: backend, in: try Place.make())
    let lasting = try Load.create(0..<half, by: Load.clients, daemon, within: bench.effort.patience) { Drop.body($0) }
    let lease = 1000 * max(2, 2 * lasting.seconds.rounded(.up))
    let start = Clock.now()
    let passing = try Load.create(half..<2 * half, by: Load.clients, daemon, within: lease / 1000) { Drop.body($0, lease: "\(Int(lease))ms") }
    daemon.kill()
    guard lasting.ids.count == half, passing.ids.count == half else {
        throw Failure("\(lasting.ids.count + passing.ids.count) of \(2 * half) faults made in time; \(lasting.failure ?? passing.failure ?? "")")
    }
    Clock.sleep(milliseconds: lease + 100 - Clock.milliseconds(since: start))
    var clean = ""
    var ready = 0.0
    let all = try Clock.time {
        ready = try daemon.start()
        clean = try daemon.connect().call("GET", "/v1/verify").require(200, "verify").text
    }
    guard clean.contains(#""clean": true"#) else { throw Failure("the node was not clean after the restart: \(clean.prefix(300))") }
    try daemon.stop()
    let what = "SIGKILL with \(2 * half) faults, \(backend): restarted"
    return [
        Line("restart.\(backend).ready", "\(what) and READY", .milliseconds, ready, goal: .atMost(1000)),
        Line("restart.\(backend).clean", "the same, and verified to be clean", .milliseconds, all, goal: .atMost(1000)),
    ]
}
