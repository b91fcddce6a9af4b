// network.drop by the legacy tables: against iptables-legacy as a person runs it, and against libiptc.

func measureIptables(_ bench: Bench) throws -> [Line] {
    let race = try raceIptables(bench, foreign: 0, rounds: bench.effort.quick)
    let fork = "`iptables-legacy -w -A`"
    return [
        Line("drop.iptables/fork", "POST network.drop, iptables", race.put[0], against: fork, race.put[1], goal: .ratioAtMost(0.5)),
        Line("drop.iptables/bare", "the same", race.put[0], against: BareIptables.title, race.put[3]),
        Line("drop.iptables.memory/fork", "the same, its journal not on a disk", race.put[4], against: fork, race.put[1]),
        Line("delete.iptables/fork", "DELETE, iptables", race.take[0], against: "`iptables-legacy -w -D`", race.take[1], goal: .ratioAtMost(0.5)),
        Line("delete.iptables/bare", "the same", race.take[0], against: BareIptables.title, race.take[3]),
    ]
}

func measureForeignIptables(_ bench: Bench) throws -> [Line] {
    let race = try raceIptables(bench, foreign: bench.effort.foreign, rounds: bench.effort.slow)
    let (among, both) = ("among \(bench.effort.foreign) rules of others a family", "`iptables-legacy -w -A`, `ip6tables-legacy -w -A`")
    return [
        Line("drop.iptables.foreign/fork", "POST network.drop, iptables, \(among)", race.put[0], against: both, race.put[2], goal: .ratioAtMost(0.7)),
        Line("drop.iptables.foreign/bare", "the same", race.put[0], against: BareIptables.title, race.put[3]),
        Line("delete.iptables.foreign/fork", "DELETE, iptables, \(among)", race.take[0], against: "both with `-D`", race.take[2]),
        Line("delete.iptables.foreign/bare", "the same", race.take[0], against: BareIptables.title, race.take[3]),
    ]
}

/// faultd, one tool, both tools, libiptc, faultd with its journal in memory.
private func raceIptables(_ bench: Bench, foreign: Int, rounds: Int) throws -> Race {
    let place = try Place.make()
    let daemons = try [false, true].map { inMemory in
        try bench.daemon("iptables", backend: "iptables", in: place, inMemory: inMemory)
    }
    let (ipv4, ipv6) = (try Tool("iptables-legacy"), try Tool("ip6tables-legacy"))
    let fork = { (tools: [Tool]) in
        ForkContender(
            name: tools.map(\.name).joined(separator: ", "), forth: { number in tools.map { ($0, Drop.rule("-A", number)) } },
            back: { number in tools.map { ($0, Drop.rule("-D", number)) } })
    }
    if foreign > 0 { try place.within { try Foreign.putIptables(foreign, bench) } }
    let contenders: [any Contender] = [
        try FaultContender(daemons[0], "faultd") { Drop.body($0) }, fork([ipv4]), fork([ipv4, ipv6]), try place.within { try BareIptables() },
        try FaultContender(daemons[1], "faultd, journal in memory") { Drop.body($0) },
    ]
    let race = try Race(contenders.map { Lane(contender: $0, place: place) }, rounds: rounds)
    for daemon in daemons { try daemon.stop() }
    return race
}
