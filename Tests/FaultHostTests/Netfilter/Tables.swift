// A test's node: empty tables, a backend on them, and the tools to look.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

struct Tables: Sendable {
    let shell: Shell
    let backend: any PacketBackend
    /// Which the backend is of.
    let kind: PacketTables

    /// What suites for both backends run on.
    static let both: [PacketTables] = [.iptables, .nftables]

    /// Runs `body` on empty tables and leaves them empty.
    static func with(_ kind: PacketTables = .iptables, lockLimit: Duration = .seconds(10), _ body: (Tables) async throws -> Void) async throws {
        let lock = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-test-\(UUID().uuidString).lock").path
        let backend: any PacketBackend =
            switch kind {
            case .iptables: IptablesBackend(lock: lock, limit: lockLimit)
            case .nftables: NftablesBackend(now: { Moment.now() })
            }
        let tables = Tables(shell: Shell(lock: lock), backend: backend, kind: kind)
        try tables.empty()
        do { try await body(tables) } catch {
            try? tables.empty()
            try? FileManager.default.removeItem(atPath: lock)
            throw error
        }
        try tables.empty()
        // Only iptables takes it.
        try? FileManager.default.removeItem(atPath: lock)
    }

    private func empty() throws {
        for program in ["iptables-legacy", "ip6tables-legacy"] {
            try shell.expect("\(program) -F && \(program) -X && for c in INPUT FORWARD OUTPUT; do \(program) -P $c ACCEPT; done && \(program) -Z")
        }
        try shell.expect("nft flush ruleset && ip link set lo up")
    }

    /// All tables as text, with what changes from run to run taken out: comments, counters, dates and times.
    func saved() throws -> String {
        switch kind {
        case .iptables: try saved(.ipv4) + saved(.ipv6)
        case .nftables: try ruleset()
        }
    }

    /// `nft list ruleset` alike.
    func ruleset() throws -> String {
        try shell.expect("nft list ruleset").replacing(/packets \d+ bytes \d+/, with: "packets 0 bytes 0")
            .replacing(/timeout \w+ expires \w+/, with: "timeout T expires T")
    }

    /// Takes every rule out of the chains that a fault's are in, as somebody else may.
    func flush(_ undo: PacketUndo) throws {
        switch kind {
        case .iptables: try shell.expect("iptables-legacy -F && ip6tables-legacy -F")
        case .nftables:
            for chain in PacketChain.used(by: undo.rules) {
                try shell.expect("nft flush chain inet faultd \(NftablesFault.chain(chain))")
            }
        }
    }

    /// Deletes a rule of the output chain that a fault's rules are in, as somebody else may.
    func deleteOneRule(of undo: PacketUndo) throws {
        switch kind {
        case .iptables: try shell.expect("iptables-legacy -D FAULTD-OUTPUT 1")
        case .nftables:
            let chain = "inet faultd \(NftablesFault.chain(.output))"
            let handle = try shell.expect("nft -a list chain \(chain)").firstMatch(of: /comment .* handle (\d+)/)?.output.1
            try shell.expect("nft delete rule \(chain) handle \(try #require(handle))")
        }
    }

    func saved(_ family: IPFamily) throws -> String {
        try shell.expect("\(family.program)-legacy-save -t filter").split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.replacing(/\[\d+:\d+\]/, with: "[0:0]").replacing(/--datestop [0-9T:-]+/, with: "--datestop T") + "\n" }.joined()
    }

    /// Puts rules in force for a minute, the whole way that the engine goes.
    @discardableResult
    func inject(_ rules: [PacketRule], as fault: FaultID, for span: Duration = .seconds(60)) async throws -> PacketUndo {
        let change = PacketChange(rules: rules)
        let undo = try await backend.prepare(change, for: fault)
        let deadline = Moment.now() + span
        _ = try await backend.rearm(undo, until: deadline)
        let evidence = try await backend.apply(change, undo: undo, until: deadline)
        #expect(evidence.packets?.rules == rules.count)
        return undo
    }
}

extension Moment {
    static func now() -> Moment {
        var (boot, wall) = (timespec(), timespec())
        clock_gettime(CLOCK_BOOTTIME, &boot)
        clock_gettime(CLOCK_REALTIME, &wall)
        return Moment(
            boot: Int64(boot.tv_sec) * 1_000_000_000 + Int64(boot.tv_nsec),
            wall: Timestamp(milliseconds: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000))
    }
}

extension FaultID {
    /// The n-th fault of a test.
    static func test(_ number: UInt16) -> FaultID { FaultID(time: .init(milliseconds: 1_800_000_000_000), random: (0, number)) }
}
