// network.drop by nftables: against what a person runs, against the bare transaction, and with or without rules of others.

/// Two daemons, each in a network of its own, so that each round sees both: one network is empty, the other is full.
func measureNftables(_ bench: Bench) throws -> [Line] {
    let (empty, full) = (try Place.make(), try Place.make())
    // Both before there is any fault: a daemon that starts takes what nobody accounts for in any network of the node.
    let daemons = [
        try bench.daemon("nft-empty", backend: "nftables", in: empty), try bench.daemon("nft-full", backend: "nftables", in: full),
        try bench.daemon("nft-memory", backend: "nftables", in: empty, inMemory: true),
    ]
    try full.within { try Foreign.putNftables(bench.effort.foreign, bench) }
    let iptables = try Tool("iptables")
    let typed = ForkContender(
        name: iptables.resolved, forth: { [(iptables, Drop.rule("-A", $0))] }, back: { [(iptables, Drop.rule("-D", $0))] })
    let script = try NftScript(bench)
    for place in [empty, full] { try place.within { try script.makeTable() } }
    let lanes = [
        Lane(contender: try FaultContender(daemons[0], "faultd") { Drop.body($0) }, place: empty),
        Lane(contender: try FaultContender(daemons[1], "faultd among rules of others") { Drop.body($0) }, place: full),
        Lane(contender: typed, place: empty), Lane(contender: script, place: empty), Lane(contender: script, place: full),
        Lane(contender: try empty.within { try BareNftables() }, place: empty),
        Lane(contender: try FaultContender(daemons[2], "faultd, journal in memory") { Drop.body($0) }, place: empty),
    ]
    // The kernel frees what a transaction removed after a grace period, and has the next transaction wait for that.
    let race = try Race(lanes, rounds: bench.effort.quick, settle: 25)
    for daemon in daemons { try daemon.stop() }
    return lines(race, typed: iptables.resolved, among: "among \(bench.effort.foreign) rules of others a family")
}

private func lines(_ race: Race, typed: String, among: String) -> [Line] {
    let name = typed.split(separator: "/").last.map(String.init) ?? typed
    return [
        Line(
            "drop.nftables/fork", "POST network.drop, nftables", race.put[0], against: "`iptables -w -A` (\(name))", race.put[2],
            goal: .ratioAtMost(0.5)),
        Line("drop.nftables/nft", "the same", race.put[0], against: "`nft -f`", race.put[3]),
        Line("drop.nftables/bare", "the same", race.put[0], against: BareNftables.title, race.put[5]),
        Line("drop.nftables.memory/nft", "the same, its journal not on a disk", race.put[6], against: "`nft -f`", race.put[3]),
        Line("delete.nftables/fork", "DELETE, nftables", race.take[0], against: "`iptables -w -D` (\(name))", race.take[2], goal: .ratioAtMost(0.5)),
        Line("delete.nftables/bare", "the same", race.take[0], against: BareNftables.title, race.take[5]),
        Line(
            "drop.nftables.foreign/fork", "POST network.drop, nftables, \(among)", race.put[1], against: "`nft -f`", race.put[4],
            goal: .ratioAtMost(0.7)),
        Line("drop.nftables.foreign/empty", "the same", race.put[1], against: "itself with no rules of others", race.put[0], goal: .ratioAtMost(1.3)),
    ]
}

/// `nft -f` with one rule for both families, in a table of its own.
private struct NftScript: Contender {
    let name = "nft -f"
    private let nft: Tool
    private let folder: String

    init(_ bench: Bench) throws {
        (nft, folder) = (try Tool("nft"), bench.folder)
        try File.write(folder + "/take.nft", "flush chain inet typed out\n")
    }

    func makeTable() throws { try nft.run(["add table inet typed; add chain inet typed out { type filter hook output priority 0; }"]) }
    func prepare(_ number: Int) throws { try File.write(folder + "/put.nft", "add rule inet typed out tcp dport \(Drop.port(number)) drop\n") }
    func put(_ number: Int) throws { try nft.run(["-f", folder + "/put.nft"]) }
    func take(_ number: Int) throws { try nft.run(["-f", folder + "/take.nft"]) }
}
