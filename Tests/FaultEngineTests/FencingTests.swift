// Whose a fault is: the rule as a table, and what it keeps apart over takeovers and restarts.
import FaultModel
import FaultTesting
import Testing

@testable import FaultEngine

/// People of these tests.
private let ana = Caller(via: "unix", uid: 1000, user: "ana", pid: 1)
private let bo = Caller(via: "unix", uid: 1001, user: "bo", pid: 2)
private let root = Caller(via: "unix", uid: 0, user: "root", pid: 3)
private let nobodyYet = Caller(via: "unix", uid: 1000, user: nil, pid: 9)

/// One line of the rule: who asks, as whom, for a fault that ana made for "driver-1" and, with fence 2, bo took over for "driver-2".
struct FencingCase: Sendable, CustomTestStringConvertible {
    var what: String
    var caller: Caller
    var owner: String?
    var fence: Int?
    var isTaken = false
    var refused: Problem.Slug?
    var testDescription: String { what }

    static let all: [FencingCase] = [
        .init(what: "the same user, silent", caller: ana),
        .init(what: "the same uid in another process, name unknown", caller: nobodyYet),
        .init(what: "the same user, right owner and fence", caller: ana, owner: "driver-1", fence: 1),
        .init(what: "the same user, wrong owner", caller: ana, owner: "driver-2", refused: .notOwner),
        .init(what: "the same user, his own name is not the owner's", caller: ana, owner: "ana", refused: .notOwner),
        .init(what: "the same user, fence of the future", caller: ana, fence: 2, refused: .fenced),
        .init(what: "another user, silent", caller: bo, refused: .notOwner),
        .init(what: "another user, right owner", caller: bo, owner: "driver-1", refused: .notOwner),
        .init(what: "another user, right fence", caller: bo, fence: 1, refused: .notOwner),
        .init(what: "another user, right owner and fence", caller: bo, owner: "driver-1", fence: 1, refused: .notOwner),
        .init(what: "root, silent", caller: root),
        .init(what: "root, right owner and fence", caller: root, owner: "driver-1", fence: 1),
        .init(what: "root, wrong owner", caller: root, owner: "driver-2", refused: .notOwner),
        .init(what: "root, wrong fence", caller: root, fence: 7, refused: .fenced),
        .init(what: "offline, silent", caller: Caller(via: Caller.offline)),
        .init(what: "a caller without identity", caller: Caller(via: "unix"), refused: .notOwner),
        .init(what: "the same number over another way in", caller: Caller(via: "tls", uid: 1000, user: "ana"), refused: .notOwner),
        .init(what: "taken: the old user, silent", caller: ana, isTaken: true, refused: .notOwner),
        .init(what: "taken: the old user, old owner", caller: ana, owner: "driver-1", isTaken: true, refused: .notOwner),
        .init(what: "taken: the old user, new owner", caller: ana, owner: "driver-2", isTaken: true, refused: .notOwner),
        .init(what: "taken: the old user, new owner and fence", caller: ana, owner: "driver-2", fence: 2, isTaken: true, refused: .notOwner),
        .init(what: "taken: the old user, old fence", caller: ana, fence: 1, isTaken: true, refused: .fenced),
        .init(what: "taken: the new user, silent", caller: bo, isTaken: true),
        .init(what: "taken: the new user, new owner and fence", caller: bo, owner: "driver-2", fence: 2, isTaken: true),
        .init(what: "taken: the new user, old owner", caller: bo, owner: "driver-1", isTaken: true, refused: .notOwner),
        .init(what: "taken: an old driver as root, by owner", caller: root, owner: "driver-1", isTaken: true, refused: .notOwner),
        .init(what: "taken: an old driver as root, by fence", caller: root, fence: 1, isTaken: true, refused: .fenced),
        .init(what: "taken: root, silent", caller: root, isTaken: true),
    ]
}

@Suite struct FencingRuleTests {
    private func record(isTaken: Bool) -> FaultRecord {
        let now = ManualClock().now()
        var record = FaultRecord(
            id: FaultID(time: now.wall, random: (1, 2)), kind: "network.drop", spec: .object([]), lease: Lease(.seconds(60), grantedAt: now),
            bootID: "b", requestedBy: ana, owner: "driver-1", reason: nil, labels: StringMap(), createdAt: now)
        guard isTaken else { return record }
        record.takeover = Takeover(fence: 2, by: bo, at: now.wall, from: "driver-1")
        record.owner = "driver-2"
        return record
    }

    @Test(arguments: FencingCase.all) func table(_ item: FencingCase) {
        let record = record(isTaken: item.isTaken)
        let standing = Standing(owner: item.owner, fence: item.fence)
        var caught: Problem?
        do { try Fencing.check(record, item.caller, standing, isAdmin: Policy().isAdmin(item.caller)) } catch { caught = error }
        #expect(caught?.type == item.refused)
        guard let caught, item.isTaken, item.refused == .fenced || item.owner == "driver-1" else { return }
        // A driver that was replaced is told by whom and when.
        #expect(caught.detail.contains("bo took it over from driver-1 at 20"), "\(caught)")
    }

    @Test func theStatusesAreThoseOfTheContract() {
        #expect(Problem.Slug.fenced.status == 409 && Problem.Slug.notOwner.status == 403 && Problem.Slug.noBackstop.status == 403)
    }

    @Test func adminsAreRootAndWhomTheConfigurationNames() {
        var policy = Policy()
        #expect([ana, bo].map(policy.isAdmin) == [false, false])
        #expect([root, Caller(via: Caller.offline)].map(policy.isAdmin) == [true, true])
        policy.admins = ["ana", "1001"]
        #expect([ana, bo, nobodyYet, Caller(via: "unix")].map(policy.isAdmin) == [true, true, false, false])
    }

    @Test func aRowFromBeforeTakeoversReadsAsTheFirstFence() throws {
        let row = try JSONValue(encoding: record(isTaken: true))
        var old = JSONValue.object((row.members ?? []).filter { $0.key != "takeover" })
        #expect(old != row)
        old = JSONValue.object((old.members ?? []).map { $0.key == "owner" ? .init("owner", "driver-1") : $0 })
        let read: FaultRecord = try old.decoded()
        #expect(read.fence == 1 && read.holder == ana && read == record(isTaken: false))
    }
}

@Suite struct TakeoverTests {
    private func made(_ bench: Bench, owner: String = "driver-1", by caller: Caller = ana) async throws -> FaultID {
        var request = FaultRequest(kind: "network.drop", spec: ["ports": [443], "protocol": "tcp"], lease: .seconds(60))
        request.owner = owner
        return try await bench.controller.create(request, by: caller).fault.id
    }

    private func slug(_ work: () async throws -> Void) async -> Problem.Slug? {
        do { try await work() } catch { return (error as? Problem)?.type }
        return nil
    }

    @Test func theDriverBeforeIsRefusedAndTheNewOneIsNot() async throws {
        let bench = Bench()
        let id = try await made(bench)
        let taken = try await bench.controller.takeOver(id, owner: "driver-2", lease: .seconds(90), fence: 1, by: ana)
        #expect(taken.owner == "driver-2" && taken.lease.fence == 2 && taken.lease.renewals == 1)
        #expect(taken.lease.duration.duration == .seconds(90))
        #expect(taken.taken_over?.from == "driver-1" && taken.taken_over?.by == ana)
        let text = bench.host.text()
        for old in [Standing(owner: "driver-1"), Standing(fence: 1), Standing(owner: "driver-1", fence: 1)] {
            let expected: Problem.Slug = old.fence == nil ? .notOwner : .fenced
            for caller in [ana, root] {
                #expect(await slug { _ = try await bench.controller.renew(id, lease: nil, by: caller, as: old) } == expected)
                #expect(await slug { _ = try await bench.controller.end(id, by: caller, as: old) } == expected)
                #expect(await slug { _ = try await bench.controller.confirm(id, by: caller, as: old) } == expected)
            }
        }
        let now = try await bench.controller.fault(id)
        #expect(now.state == .active && now.lease.renewals == 1 && bench.host.text() == text)
        let new = Standing(owner: "driver-2", fence: 2)
        #expect(try await bench.controller.renew(id, lease: nil, by: ana, as: new).lease.renewals == 2)
        #expect(try await bench.controller.end(id, by: ana, as: new).state == .reverted)
    }

    @Test func anotherUserCanNeitherRenewNorEndNorTakeOver() async throws {
        let bench = Bench()
        let id = try await made(bench)
        #expect(await slug { _ = try await bench.controller.renew(id, lease: nil, by: bo) } == .notOwner)
        #expect(await slug { _ = try await bench.controller.end(id, by: bo) } == .notOwner)
        #expect(await slug { _ = try await bench.controller.takeOver(id, owner: nil, lease: nil, fence: nil, by: bo) } == .notOwner)
        let fault = try await bench.controller.fault(id)
        #expect(fault.state == .active && fault.lease.fence == 1 && fault.lease.renewals == 0)
    }

    @Test func anAdminTakesOverWithHisOwnNameAndThenItIsHis() async throws {
        var policy = Policy()
        policy.admins = ["bo"]
        let bench = Bench(policy: policy)
        let id = try await made(bench)
        let taken = try await bench.controller.takeOver(id, owner: nil, lease: nil, fence: nil, by: bo)
        #expect(taken.owner == "bo" && taken.lease.fence == 2)
        // Without a lease it ends when it would have.
        #expect(taken.lease.duration.duration == .seconds(60) && taken.lease.renewals == 0)
        #expect(await slug { _ = try await bench.controller.end(id, by: ana) } == .notOwner)
        #expect(try await bench.controller.end(id, by: root).state == .reverted)
    }

    @Test func ofTwoThatTakeOverAtOnceOneWins() async throws {
        let bench = Bench()
        let id = try await made(bench)
        let won = await withTaskGroup(of: Bool.self) { group in
            for driver in 1...8 {
                group.addTask {
                    (try? await bench.controller.takeOver(id, owner: "racer-\(driver)", lease: nil, fence: 1, by: ana)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try await bench.controller.fault(id).lease.fence == 2)
    }

    /// The old driver's renewal waits for its turn while the takeover is under way: it is judged by what is then.
    @Test func aRenewalThatWaitedForTheTakeoverIsRefused() async throws {
        let bench = Bench()
        let id = try await made(bench)
        bench.host.hold("arm packets")
        let taking = Task { try await bench.controller.takeOver(id, owner: "driver-2", lease: .seconds(90), fence: nil, by: ana) }
        while bench.journal.contents.faults[id]?.owner != "driver-2" { await Task.yield() }
        let before = await bench.controller.nextWaiter
        let waiting = Task { try await bench.controller.renew(id, lease: .seconds(70), by: ana, as: Standing(owner: "driver-1")) }
        while await bench.controller.nextWaiter == before { await Task.yield() }
        bench.host.letGo("arm packets")
        #expect(try await taking.value.lease.renewals == 1)
        #expect(await slug { _ = try await waiting.value } == .notOwner)
        #expect(try await bench.controller.fault(id).lease.duration.duration == .seconds(90))
    }

    @Test func itIsToldAsAnEventAndSurvivesARestart() async throws {
        let bench = Bench()
        bench.host.breakVerb("revert packets")
        let id = try await made(bench)
        _ = try await bench.controller.takeOver(id, owner: "driver-2", lease: nil, fence: nil, by: ana)
        var types: [Event.Kind] = []
        for await event in try await bench.controller.events(after: 0, follow: false) { types.append(event.type) }
        #expect(types == [.faultApplying, .faultActive, .faultTakenOver])
        // Started again it can't be undone yet: it is there, stuck, and still the new driver's.
        let restarted = bench.restarted()
        restarted.host.breakVerb("revert packets")
        try await restarted.controller.start()
        let fault = try await restarted.controller.fault(id)
        #expect(fault.state == .stuck && fault.owner == "driver-2" && fault.lease.fence == 2 && fault.taken_over?.from == "driver-1")
        #expect(await slug { _ = try await restarted.controller.end(id, by: ana, as: Standing(fence: 1)) } == .fenced)
        restarted.host.mendVerb("revert packets")
        #expect(try await restarted.controller.end(id, by: ana, as: Standing(owner: "driver-2", fence: 2)).state == .reverted)
    }

    @Test func whatIsOverIsNobodysToProtect() async throws {
        let bench = Bench()
        let id = try await made(bench)
        _ = try await bench.controller.end(id, by: ana)
        #expect(try await bench.controller.end(id, by: bo, as: Standing(owner: "anybody", fence: 9)).state == .reverted)
        #expect(await slug { _ = try await bench.controller.takeOver(id, owner: nil, lease: nil, fence: nil, by: ana) } == .conflict)
    }

    @Test func endingManyLeavesThoseOfOthersAndNamesThem() async throws {
        let bench = Bench()
        let mine = try await made(bench)
        bench.clock.advance(by: .milliseconds(2))
        let theirs = try await made(bench, owner: "bo", by: bo)
        let part = try await bench.controller.endAll(HistoryQuery(), by: ana)
        #expect(part.items.map(\.id) == [mine] && part.items.allSatisfy { $0.state == .reverted })
        #expect(part.refused.map(\.field) == [theirs.text])
        #expect(part.problem?.status == 403 && part.problem?.detail.contains("held by bo") == true)
        #expect(try await bench.controller.fault(theirs).state == .active)
        let all = try await bench.controller.endAll(HistoryQuery(), by: root)
        #expect(all.items.map(\.id) == [theirs] && all.refused.isEmpty && all.problem == nil)
    }

    @Test func anybodyMayHaltAndOnlyWhoDidOrAnAdminLiftsIt() async throws {
        let bench = Bench()
        let id = try await made(bench)
        #expect(try await bench.controller.halt(reason: nil, by: bo).reverted == [id])
        #expect(await slug { _ = try await bench.controller.resume(by: ana) } == .notOwner)
        #expect(await bench.controller.haltState().halted)
        #expect(try await bench.controller.resume(by: bo).halted == false)
        _ = try await bench.controller.halt(reason: nil, by: bo)
        #expect(try await bench.controller.resume(by: root).halted == false)
        // Lifting none is fine for everybody.
        #expect(try await bench.controller.resume(by: ana).halted == false)
    }
}

@Suite struct IdempotencyTests {
    private let request = FaultRequest(kind: "network.drop", spec: ["ports": [443], "protocol": "tcp"], lease: .seconds(60))

    @Test func aKeyStillGivesAFaultThatEndedBeforeARestart() async throws {
        let bench = Bench()
        let first = try await bench.controller.create(request, by: ana, idempotencyKey: "k").fault
        _ = try await bench.controller.end(first.id, by: ana)
        await bench.controller.shutdown()
        let restarted = bench.restarted()
        try await restarted.controller.start()
        let again = try await restarted.controller.create(request, by: ana, idempotencyKey: "k")
        #expect(again.fault.id == first.id && again.fault.state == .reverted && !again.isNew)
        #expect(!restarted.host.log.contains { $0.hasPrefix("apply") })
    }

    /// Neither the fault nor anything of it: not its id, not that the request was the same.
    @Test(arguments: [false, true]) func anotherUsersKeyHandsNothingOver(isOver: Bool) async throws {
        let bench = Bench()
        let first = try await bench.controller.create(request, by: ana, idempotencyKey: "k").fault
        if isOver { _ = try await bench.controller.end(first.id, by: ana) }
        var other = request
        other.lease = .seconds(61)
        var problems: [Problem] = []
        for asked in [request, other] {
            let caught = await #expect(throws: Problem.self) { try await bench.controller.create(asked, by: bo, idempotencyKey: "k") }
            problems.append(try #require(caught))
        }
        #expect(problems[0] == problems[1])
        #expect(problems[0].type == .idempotencyMismatch && !"\(problems[0])".contains(first.id.text) && !"\(problems[0])".contains("ana"))
        #expect(bench.journal.contents.faults.count == 1)
    }

    /// Whoever comes while the first is on its way must not be told how that goes, either.
    @Test func norWhileTheFirstIsOnItsWay() async throws {
        let bench = Bench()
        bench.host.hold("apply packets")
        bench.host.breakVerb("apply packets")
        let first = Task { [request] in try await bench.controller.create(request, by: ana, idempotencyKey: "k") }
        while bench.journal.openFaults.isEmpty { await Task.yield() }
        let second = Task { [request] in try await bench.controller.create(request, by: bo, idempotencyKey: "k") }
        for _ in 0..<200 { await Task.yield() }
        bench.host.letGo("apply packets")
        await #expect(throws: Problem.self) { try await first.value }
        let problem = await #expect(throws: Problem.self) { try await second.value }
        #expect(problem?.type == .idempotencyMismatch)
    }
}
