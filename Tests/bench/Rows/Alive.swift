// Thousands of faults alive: how fast 64 clients make them, and what faultd is like with them.

func measureAlive(_ backend: String, goal: Double, _ bench: Bench) throws -> [Line] {
    let effort = bench.effort
    let daemon = try bench.daemon("alive", backend: backend, in: try Place.make())
    let wire = try daemon.connect()
    let alone = try FaultContender(daemon, "faultd") { Drop.body($0) }
    let fresh = try latency(alone, effort.slow)
    let before = try daemon.usage
    let one = try Load.create(0..<effort.alive / 20, by: 1, daemon, within: effort.patience / 5) { Drop.body($0) }
    let many = try Load.create(one.ids.count..<effort.alive, by: Load.clients, daemon, within: effort.patience) { Drop.body($0) }
    let alive = one.ids.count + many.ids.count
    let after = try daemon.usage
    let list = try latency(of: wire, "/v1/faults?limit=100", effort.slow)
    let health = try latency(of: wire, "/healthz", effort.slow)
    let among = try latency(alone, effort.slow)
    let ended = try Load.delete(many.ids, by: Load.clients, daemon, within: effort.patience / 2)
    // What is left goes with the network that it is in.
    daemon.kill()
    let suffix = "\(backend), \(alive) alive"
    var made = Line(
        "alive.\(backend).create/one", "made by \(Load.clients) clients at once, \(suffix)", .perSecond, many.perSecond, against: "by one client",
        one.perSecond, goal: .atLeast(goal))
    made.count = many.ids.count
    var post = Line("alive.\(backend).post/fresh", "POST by one client, \(suffix)", among, against: "with none alive", fresh)
    post.isInTurns = false
    if alive < effort.alive {
        made.failure =
            "\(many.perSecond.short)/s by 64, \(one.perSecond.short)/s by one; \(many.failure ?? one.failure ?? "no more in \(effort.patience.short) s")"
    }
    return [
        made,
        post,
        Line("alive.\(backend).list/health", "list of 100, \(suffix)", list, against: "`GET /healthz`", health, goal: .atMost(5)),
        Line("alive.\(backend).memory", "memory they take, \(suffix)", .megabytes, after.residentMB - before.residentMB, goal: .atMost(20)),
        Line("alive.\(backend).delete", "ended by \(Load.clients) clients at once, \(suffix)", .perSecond, ended.perSecond),
    ]
}

/// What is very slow is measured less often: milliseconds, and so many times all the same.
private let (longest, fewest) = (5000.0, 5)

/// POST and DELETE; the time of POST.
private func latency(_ contender: FaultContender, _ count: Int) throws -> Samples {
    var samples = Samples()
    let start = Clock.now()
    for number in 0...count where samples.count < fewest || Clock.milliseconds(since: start) < longest {
        let took = try Clock.time { try contender.put(60_000 + number) }
        try contender.take(number)
        if number > 0 { samples.add(took) }
    }
    return samples
}

private func latency(of wire: Wire, _ path: String, _ count: Int) throws -> Samples {
    var samples = Samples()
    for _ in 0..<count { samples.add(try Clock.time { _ = try wire.call("GET", path).require(200, "GET \(path)") }) }
    return samples
}
