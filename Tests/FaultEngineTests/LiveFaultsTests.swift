// What is kept beside the live faults says the same as a walk through all of them.
import FaultModel
import FaultTesting
import Testing

@testable import FaultEngine

@Suite struct LiveFaultsTests {
    private static let resources = ["wall-clock", "unit:a", "unit:b", "port:tcp/80"]

    private func fault(_ number: Int64) -> FaultRecord {
        let now = Moment(boot: number, wall: Timestamp(milliseconds: number))
        return FaultRecord(
            id: FaultID(time: now.wall, random: (0, 0)), kind: "model", spec: .null, lease: Lease(.seconds(1), grantedAt: now), bootID: "b",
            requestedBy: Bench.caller, owner: "ana", reason: nil, labels: StringMap([:]), createdAt: now)
    }

    private func claims(_ random: inout SplitMix64) -> [Claim] {
        (0..<random.next() % 3).map { _ in
            Claim(Self.resources[Int(random.next() % UInt64(Self.resources.count))], shared: random.next() % 2 == 0)
        }
    }

    /// A hundred thousand steps in any order: what is found is what a walk finds.
    @Test(arguments: 0..<20 as Range<UInt64>) func theTablesAgreeWithAWalk(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var live = LiveFaults()
        var reference: [FaultID: FaultRecord] = [:]
        for _ in 0..<400 {
            var record = fault(Int64(random.next() % 40))
            switch random.next() % 4 {
            case 0:
                live.remove(record.id)
                reference[record.id] = nil
            case 1:
                record.claims = claims(&random)
                live.insert(Live(record))
                reference[record.id] = record
            default:
                let (claims, state) = (claims(&random), random.next() % 3 == 0 ? FaultState.stuck : .active)
                live.update(record.id) { ($0.claims, $0.state) = (claims, state) }
                reference[record.id]?.claims = claims
                reference[record.id]?.state = state
            }
            check(live, reference, wanting: claims(&random), except: fault(Int64(random.next() % 40)).id)
        }
    }

    private func check(_ live: LiveFaults, _ reference: [FaultID: FaultRecord], wanting claims: [Claim], except own: FaultID) {
        #expect(live.ids == reference.keys.sorted())
        #expect(live.records == reference.values.sorted { $0.id < $1.id })
        #expect(live.count == reference.count)
        #expect(live.stuck == Set(reference.values.filter { $0.state == .stuck }.map(\.id)))
        let rivals = reference.values.filter { record in
            record.id != own && record.claims.contains { theirs in claims.contains { $0.clashes(with: theirs) } }
        }
        #expect(live.claims.holder(against: claims, except: own) == rivals.map(\.id).min())
        let held = reference.values.flatMap { record in record.claims.filter { !$0.shared }.map { "\($0.resource) \(record.id)" } }
        #expect(Set(live.claims.exclusives.map { "\($0.resource) \($0.holder)" }) == Set(held))
    }

    @Test func aRisingListKnowsItsPlaces() {
        let ids = (0..<9).map { fault($0 * 2).id }
        for number in 0..<20 as Range<Int64> {
            let id = fault(number).id
            #expect(ids.place(of: id) == ids.filter { $0 < id }.count)
            #expect(ids.holds(id) == ids.contains(id))
        }
        #expect([FaultID]().place(of: ids[0]) == 0)
    }

    // MARK: deadlines

    @Test func whatIsMovedIsDueOnceAndAtItsNewTime() {
        var deadlines = Deadlines()
        let (one, two) = (fault(1).id, fault(2).id)
        deadlines.set(one, at: 10)
        deadlines.set(two, at: 20)
        deadlines.set(one, at: 30)
        #expect(deadlines.next == 20)
        #expect(deadlines.takeDue(at: 19) == [])
        #expect(deadlines.takeDue(at: 40) == [two, one])
        #expect(deadlines.next == nil)
        #expect(!deadlines.has(one))
        deadlines.set(one, at: 30)
        deadlines.remove(one)
        #expect(deadlines.takeDue(at: 99) == [])
        #expect(deadlines.next == nil)
    }

    // MARK: outbox

    @Test func theNewestStateOfAFaultIsWrittenOnce() {
        var outbox = Outbox()
        var record = fault(1)
        for state in [FaultState.active, .reverting] {
            record.state = state
            outbox.add(late: [.fault(record)])
        }
        let batch = outbox.take()
        #expect(batch.entries == [.fault(record)])
        #expect(outbox.isEmpty)
        // Until it is written, the journal has something older.
        #expect(outbox.record(record.id)?.state == .reverting)
        record.state = .reverted
        outbox.add(late: [.fault(record)])
        #expect(outbox.record(record.id)?.state == .reverted)
        outbox.putBack(batch)
        #expect(outbox.take().entries == [.fault(record)])
        outbox.written()
        #expect(outbox.record(record.id) == nil)
    }
}
