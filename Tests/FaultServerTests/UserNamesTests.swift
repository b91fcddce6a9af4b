// Names of users: found, kept, and never waited for longer than a request can afford.
import Foundation
import Synchronization
import Testing

@testable import FaultServer

@Suite struct UserNamesTests {
    @Test func findsWhoRunsThis() async {
        #expect(await UserNames().name(of: 0) == "root")
        #expect(await UserNames().name(of: 3_999_999_999) == nil)
    }

    @Test func asksOnceForAName() async {
        let asked = Mutex(0)
        let names = UserNames { uid in
            asked.withLock { $0 += 1 }
            return "user\(uid)"
        }
        for _ in 0..<3 { #expect(await names.name(of: 7) == "user7") }
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func whoComesWhileItIsAskedForHearsItToo() async {
        let names = UserNames(patience: .seconds(5)) { uid in
            Thread.sleep(forTimeInterval: 0.05)
            return "user\(uid)"
        }
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addTask { await names.name(of: 7) } }
            for await name in group { #expect(name == "user7") }
        }
    }

    @Test func asksAgainForAUserThatHadNoName() async {
        let asked = Mutex(0)
        let names = UserNames { _ in
            asked.withLock {
                $0 += 1; return $0 == 1 ? nil : "ana"
            }
        }
        #expect(await names.name(of: 7) == nil)
        #expect(await names.name(of: 7) == "ana")
    }

    @Test func aDirectoryThatDoesNotAnswerHoldsNobodyUp() async throws {
        let gate = DispatchSemaphore(value: 0)
        let names = UserNames(patience: .milliseconds(50)) { _ in
            gate.wait()
            return "ana"
        }
        #expect(await names.name(of: 7) == nil)
        let start = ContinuousClock.now
        #expect(await names.name(of: 7) == nil, "while one lookup hangs, nobody waits for another")
        #expect(ContinuousClock.now - start < .milliseconds(40))
        gate.signal()
        while await names.name(of: 7) == nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await names.name(of: 7) == "ana")
    }
}
