// unit.stop and its revert against systemctl: what each takes besides the job that systemd does for either.

func measureUnits(_ bench: Bench) throws -> [Line] {
    let systemctl = try Tool("systemctl")
    try File.write("/run/systemd/system/\(Unit.name)", "[Service]\nExecStart=/bin/sleep infinity\n")
    try systemctl.run(["daemon-reload"])
    try systemctl.run(["start", Unit.name])
    defer { try? systemctl.run(["stop", Unit.name]) }
    let daemon = try bench.daemon("units", backend: "auto")
    let ours = try FaultContender(daemon, "faultd") { _ in #"{"kind":"unit.stop","spec":{"units":["\#(Unit.name)"]},"lease":"10m"}"# }
    let typed = ForkContender(
        name: "systemctl", forth: { _ in [(systemctl, ["stop", Unit.name])] }, back: { _ in [(systemctl, ["start", Unit.name])] })
    let contenders: [any Contender] = [ours, typed, try BareBus(unit: Unit.name)]
    var stop = contenders.map { _ in Samples() }
    var start = stop
    for round in 0...bench.effort.slow {
        for turn in contenders.indices {
            let index = (turn + round) % contenders.count
            let contender = contenders[index]
            let stopped = try Clock.time { try contender.put(round) } - Unit.stopJob(systemctl)
            let started = try Clock.time { try contender.take(round) } - Unit.startJob(systemctl)
            if round == 0 { continue }
            stop[index].add(stopped)
            start[index].add(started)
        }
    }
    try daemon.stop()
    return [
        Line("units.stop/fork", "unit.stop, besides systemd's job", stop[0], against: "`systemctl stop`", stop[1], goal: .ratioAtMost(0.5)),
        Line("units.stop/bare", "the same", stop[0], against: BareBus.title, stop[2]),
        Line("units.start/fork", "its revert, besides systemd's job", start[0], against: "`systemctl start`", start[1], goal: .ratioAtMost(0.5)),
        Line("units.start/bare", "the same", start[0], against: BareBus.title, start[2]),
    ]
}

private enum Unit {
    static let name = "bench-target.service"

    /// Milliseconds from when it began to stop until it had.
    static func stopJob(_ systemctl: Tool) throws -> Double {
        try between("ActiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic", systemctl)
    }

    static func startJob(_ systemctl: Tool) throws -> Double {
        try between("InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic", systemctl)
    }

    private static func between(_ begin: String, _ end: String, _ systemctl: Tool) throws -> Double {
        let times = try [begin, end].map { property in
            let text = try systemctl.output(["show", "-P", property, name])
            guard let time = Int(text.filter(\.isNumber)) else { throw Failure("systemd tells no \(property)") }
            return time
        }
        guard times[1] >= times[0] else { throw Failure("\(name) did not \(end)") }
        return Double(times[1] - times[0]) / 1000
    }
}
