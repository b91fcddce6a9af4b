// The live view: a countdown by local arithmetic, and a screen that never overflows.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

@Suite struct WatchTests {
    private let start = ContinuousClock.now
    private let look = Look(width: 80, rows: 24, now: Samples.time)

    private func model(_ faults: String...) throws -> WatchModel {
        var model = WatchModel()
        model.take(.connected)
        let documents = try faults.map { try Samples.read($0) as FaultDocument }
        let snapshot = Snapshot(faults: documents, node: try Samples.read(Samples.node), kinds: [try Samples.read(Samples.kind)])
        model.take(snapshot, at: start)
        return model
    }

    private func screen(_ model: WatchModel, after span: Duration = .zero, _ look: Look) -> [String] {
        WatchScreen.lines(model, at: start + span, look).map(\.plain)
    }

    @Test func theLeaseCountsDownWithNobodyAsked() throws {
        var model = try model(Samples.fault())
        model.take(.event(try Samples.read(Samples.event(1)), json: ""))
        #expect(
            screen(model, look) == [
                "faultd 0.1.0 on node-7                                         21:15:00  q quits", "1 fault in force", "",
                "ID        KIND          STATE   LEASE                SPEC                  OWNER",
                "00AAAA11  network.drop  active  ███████░ 4m13s left  ports=443 protocol=…  ana", "", "LATEST EVENTS",
                "21:15:00.120  fault.active      00AAAA11  in force for 5m",
            ])
        #expect(screen(model, after: .seconds(245), look)[4].contains("█░░░░░░░ 8s left"))
        #expect(screen(model, after: .seconds(999), look)[4].contains("░░░░░░░░ 0s left"))
    }

    @Test func recoveryAndStuckAreSeen() throws {
        let waiting =
            #"{"containers":[{"runtime":"docker","name":"web","workload":"w","outcome":"waiting","old_id":"1","killed_at":"2026-11-22T21:14:55.000Z"}]}"#
        let model = try model(
            Samples.fault(evidence: waiting),
            Samples.fault(
                id: Samples.otherID, state: "stuck", extra: #""error":{"type":"host-failure","title":"t","status":500,"detail":"no start"},"#))
        let lines = screen(model, look)
        #expect(lines[1] == "1 fault in force · 1 stuck")
        #expect(lines[4].hasPrefix("00BBBB22"))
        #expect(lines[5] == "  ↳ no start")
        #expect(lines[7] == "  ↳ web: killed 5s ago, not back yet")
    }

    @Test func aFaultThatEndedFadesAway() throws {
        let model = try model(Samples.fault(state: "reverted", extra: #""clean":true,"reverted_at":"2026-11-22T21:14:50.000Z","#))
        #expect(screen(model, look)[4].contains("ended, clean"))
        var later = look
        later.now = look.now + .seconds(60)
        #expect(screen(model, later)[3] == "No faults. They appear here as they are injected.")
    }

    @Test func aLostConnectionIsSaidAndTheFaultsStay() throws {
        var model = try model(Samples.fault())
        model.take(.lost(Problem(unreachable: "nobody listens", hint: nil)))
        #expect(screen(model, look)[1] == "Not connected: nobody listens; trying again")
        #expect(screen(model, look)[4].hasPrefix("00AAAA11"))
    }

    @Test(arguments: [(80, 24), (120, 40), (40, 10), (20, 5), (10, 1)])
    func neverLargerThanTheScreen(size: (Int, Int)) throws {
        var model = try model(Samples.fault(), Samples.fault(id: Samples.otherID, state: "stuck"))
        for seq in 1...300 { model.take(.event(try Samples.read(Samples.event(seq)), json: "")) }
        var look = look
        (look.width, look.rows) = size
        let lines = WatchScreen.lines(model, at: start, look)
        #expect(lines.count <= size.1)
        #expect(lines.allSatisfy { $0.width <= size.0 })
    }

    @Test func manyFaultsLeaveRoomForTheLogAndSaySo() throws {
        var model = WatchModel()
        let faults = try (0..<40).map { try Samples.read(Samples.fault(id: "01JD6W0K7Z00000000000000\($0 + 10)")) as FaultDocument }
        model.take(Snapshot(faults: faults, node: nil, kinds: []), at: start)
        let lines = screen(model, look)
        #expect(lines.count <= 24)
        #expect(lines.contains("… more than fits here: faultctl list"))
        #expect(lines.contains("LATEST EVENTS"))
    }
}

@Suite struct FollowingTests {
    private func isOver(_ fault: String) throws -> Bool { Following.isOver(try Samples.read(fault)) }

    private func killed(_ outcome: String, repeats: String = "null") -> String {
        Samples.fault(
            kind: "container.kill", spec: #"{"name":"web","repeat_every":\#(repeats)}"#,
            evidence: #"{"containers":[{"runtime":"docker","name":"web","workload":"w","outcome":"\#(outcome)","old_id":"1"}]}"#)
    }

    @Test func aKillIsOverOnceAllAreBack() throws {
        #expect(try !isOver(killed("waiting")))
        #expect(try isOver(killed("replaced")))
        #expect(try !isOver(killed("replaced", repeats: "\"30s\"")))
    }

    @Test func whatIsHeldDownIsOverWithItsLease() throws {
        let both =
            #"{"units":[{"unit":"a","state":"inactive"}],"containers":[{"runtime":"docker","name":"w","workload":"w","outcome":"replaced","old_id":"1"}]}"#
        #expect(try !isOver(Samples.fault(evidence: both)))
        #expect(try !isOver(Samples.fault()))
        #expect(try isOver(Samples.fault(state: "reverted")))
        #expect(try isOver(Samples.fault(state: "stuck")))
    }
}
