// The xtables lock: waited for, named when it is not given back, and worth having.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesLockTests {
        private let change = PacketChange(rules: [.drop(to: 443)])

        /// A process that holds the lock for so long.
        private func holder(_ tables: Tables, seconds: Double) async throws -> Child {
            let child = try Child("exec flock -F \(tables.shell.lock) sleep \(seconds)", lock: tables.shell.lock)
            while try tables.shell.run("flock -n \(tables.shell.lock) true").status == 0 { try await Task.sleep(for: .milliseconds(5)) }
            return child
        }

        @Test func `a lock that another process holds is waited for`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.backend.prepare(change, for: .test(1))
                let child = try await holder(tables, seconds: 0.5)
                let start = ContinuousClock.now
                let evidence = try await tables.backend.apply(change, undo: undo, until: .now() + .seconds(9))
                #expect(ContinuousClock.now - start > .milliseconds(300))
                #expect(evidence.packets?.rules == 1)
                #expect(child.wait() == 0)
            }
        }

        @Test func `a lock that is not given back ends in a sentence that names who holds it`() async throws {
            try await Tables.with(lockLimit: .milliseconds(300)) { tables in
                let before = try tables.saved()
                let undo = try await tables.backend.prepare(change, for: .test(1))
                let child = try await holder(tables, seconds: 60)
                defer { child.kill() }
                let problem = await #expect(throws: Problem.self) {
                    try await tables.backend.apply(change, undo: undo, until: .now() + .seconds(9))
                }
                #expect(problem?.type == .timedOut)
                #expect(problem?.detail == "process \(child.pid) (sleep) has held \(tables.shell.lock) for more than 300ms")
                // Reading needs no lock.
                #expect(try await tables.backend.observe(undo).packets?.rules == 0)
                child.kill()
                #expect(try tables.saved() == before)
            }
        }

        @Test func `a lock file that can't be opened is named`() async throws {
            let backend = IptablesBackend(lock: "/nonexistent/xtables.lock")
            let problem = await #expect(throws: Problem.self) {
                try await backend.apply(change, undo: PacketUndo(fault: .test(1), rules: change.rules), until: .now() + .seconds(9))
            }
            #expect(problem?.detail == "could not open /nonexistent/xtables.lock: No such file or directory")
        }
    }
}
