// A test's node: empty tables, a backend on them, and the tools to look.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

struct Tables: Sendable {
    let shell: Shell
    let backend: IptablesBackend

    /// Runs `body` on empty tables and leaves them empty.
    static func with(lockLimit: Duration = .seconds(10), _ body: (Tables) async throws -> Void) async throws {
        let lock = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-test-\(UUID().uuidString).lock").path
        let tables = Tables(shell: Shell(lock: lock), backend: IptablesBackend(lock: lock, limit: lockLimit))
        try tables.empty()
        do { try await body(tables) } catch {
            try? tables.empty()
            try? FileManager.default.removeItem(atPath: lock)
            throw error
        }
        try tables.empty()
        try FileManager.default.removeItem(atPath: lock)
    }

    private func empty() throws {
        for program in ["iptables-legacy", "ip6tables-legacy"] {
            try shell.expect("\(program) -F && \(program) -X && for c in INPUT FORWARD OUTPUT; do \(program) -P $c ACCEPT; done && \(program) -Z")
        }
        try shell.expect("ip link set lo up")
    }

    /// Both tables as text, with what changes from run to run taken out: comments, counters and dates.
    func saved() throws -> String { try saved(.ipv4) + saved(.ipv6) }

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
