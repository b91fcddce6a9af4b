// What every row needs: the daemon's program, where to put its files, and how much to do.

struct Bench: Sendable {
    let faultd: String
    /// On a real disk: the journal is flushed to it.
    let folder: String
    let effort: Effort

    /// - Parameter inMemory: its journal is not on a disk: what everything else takes.
    func daemon(_ name: String, backend: String, in place: Place = .home, inMemory: Bool = false) throws -> Daemon {
        let daemon = try Daemon(faultd, folder: "\(inMemory ? Self.memory : folder)/\(name)", backend: backend, in: place)
        try daemon.start()
        return daemon
    }

    private static let memory = "/run/faultd-bench"
}

/// How often each thing is done.
struct Effort: Sendable {
    /// Of what takes a millisecond, of what takes tens of them, and of what takes longer.
    var quick, slow, heavy: Int
    /// Rules of others.
    var foreign: Int
    var leases: Int
    /// Faults alive at once, and the most seconds that making or ending them may take.
    var alive: Int
    var patience: Double
    /// Seconds to look at a daemon that has nothing to do.
    var idle: Double

    static let full = Effort(quick: 200, slow: 40, heavy: 3, foreign: 10_000, leases: 1000, alive: 10_000, patience: 25, idle: 10)
    /// For continuous integration: ratios of medians, and debug binaries.
    static let short = Effort(quick: 60, slow: 15, heavy: 3, foreign: 10_000, leases: 200, alive: 300, patience: 15, idle: 3)
}

/// One or several lines of the table, measured together.
struct Row: Sendable {
    let name: String
    /// Done by the check as well.
    var isInCheck = false
    let measure: @Sendable (Bench) throws -> [Line]

    /// Those whose name begins with one of these; all when there is none.
    static func named(_ beginnings: [String]) -> [Row] {
        all.filter { row in beginnings.isEmpty || beginnings.contains { row.name.hasPrefix($0) } }
    }

    static let all = [
        Row(name: "machine", measure: measureMachine),
        Row(name: "iptables", isInCheck: true, measure: measureIptables),
        Row(name: "iptables.foreign", measure: measureForeignIptables),
        Row(name: "nftables", isInCheck: true, measure: measureNftables),
        Row(name: "start", isInCheck: true, measure: measureStart),
        Row(name: "idle", measure: measureIdle),
        Row(name: "units", measure: measureUnits),
        Row(name: "alive.iptables", isInCheck: true) { try measureAlive("iptables", goal: 300, $0) },
        Row(name: "alive.nftables", isInCheck: true) { try measureAlive("nftables", goal: 1000, $0) },
        Row(name: "leases.iptables") { try measureLeases("iptables", $0) },
        Row(name: "leases.nftables") { try measureLeases("nftables", $0) },
        Row(name: "restart.iptables") { try measureRestart("iptables", $0) },
        Row(name: "restart.nftables") { try measureRestart("nftables", $0) },
        Row(name: "containers", measure: measureContainers),
    ]
}
