// A node whose systemd is missing or hangs: an answer in time, and one that helps. Needs no node.
import FaultModel
import Testing

@testable import FaultHost

@Suite("systemd is missing or hangs")
struct NoManagerTests {
    private func systemd(_ path: String) -> Systemd {
        var settings = Systemd.Settings()
        settings.addresses = [BusAddress("unix:path=\(path)")]
        settings.callLimit = .milliseconds(400)
        settings.jobLimit = .milliseconds(800)
        return Systemd(settings, now: UnitLab.now)
    }

    private static let undo = UnitUndo(
        fault: UnitLab.freshID(),
        units: [
            UnitSnapshot(name: "a.service", loadState: "loaded", activeState: "active", subState: "running", unitFileState: "", invocationID: "00")
        ])
    private static let change = UnitChange(units: ["a.service"], triggers: [], dependents: [])

    /// Every verb, each with the error it gave.
    private func problems(_ systemd: Systemd) async -> [Problem] {
        let (undo, change) = (Self.undo, Self.change)
        let verbs: [@Sendable () async throws -> Void] = [
            { _ = try await systemd.units(matching: ["a.service"]) }, { _ = try await systemd.allUnits() },
            { _ = try await systemd.prepare(change, for: undo.fault) }, { _ = try await systemd.arm(undo, until: UnitLab.now()) },
            { _ = try await systemd.apply(change, undo: undo, until: UnitLab.now()) }, { _ = try await systemd.revert(undo) },
            { _ = try await systemd.observe(undo) }, { _ = try await systemd.inventory() },
            { try await systemd.remove(Artefact(mechanism: .units, fault: undo.fault, name: undo.timer.name + ".timer")) },
        ]
        var found: [Problem] = []
        for verb in verbs { do { try await verb() } catch { if let problem = error as? Problem { found.append(problem) } } }
        #expect(found.count == verbs.count)
        return found
    }

    @Test func aMissingManagerIsSaidAtOnce() async throws {
        let start = ContinuousClock.now
        let problems = await problems(systemd("/nonexistent/bus"))
        #expect(problems.allSatisfy { $0.type == .missingDependency && $0.hint != nil && $0.detail.contains("/nonexistent/bus: No such file") })
        #expect(ContinuousClock.now - start < .milliseconds(500))
        let report = await systemd("/nonexistent/bus").capability()
        #expect(!report.available && report.remedy != nil)
    }

    /// Without a manager there is no timer, which is no error; one that hangs may still have one, which nobody can promise.
    @Test func noBackstopIsForeseenWhereThereIsNoManager() async throws {
        #expect(try await systemd("/nonexistent/bus").foresee(Self.undo, until: UnitLab.now()) == nil)
        let deaf = try DeafSocket(name: "systemd/private")
        defer { deaf.close() }
        let problem = await #expect(throws: Problem.self) { try await systemd(deaf.path).foresee(Self.undo, until: UnitLab.now()) }
        #expect(problem?.type == .timedOut)
    }

    /// A socket that takes connections and never says a word, spoken to as the manager and as a bus.
    @Test(arguments: ["systemd/private", "bus"])
    func aManagerThatNeverAnswersRunsIntoTheTimeLimit(name: String) async throws {
        let deaf = try DeafSocket(name: name)
        defer { deaf.close() }
        let start = ContinuousClock.now
        let problems = await problems(systemd(deaf.path))
        let took = ContinuousClock.now - start
        #expect(problems.allSatisfy { $0.type == .timedOut })
        #expect(took > .seconds(3) && took < .seconds(8), "nine verbs with a limit of 0.4 s each took \(took)")
    }

    @Test func aManagerThatHangsUpIsSaidAtOnce() async throws {
        let deaf = try DeafSocket(hangsUp: true)
        defer { deaf.close() }
        let start = ContinuousClock.now
        let problems = await problems(systemd(deaf.path))
        #expect(problems.allSatisfy { $0.type == .hostFailure || $0.type == .missingDependency })
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func namesOfBackstops() {
        let id = UnitLab.freshID()
        let name = "faultd-\(id.text.lowercased())"
        #expect(BackstopTimer.fault(in: name + ".timer") == id)
        #expect(BackstopTimer.fault(in: name + "-renewed.service") == id)
        for other in ["faultd.service", "faultd-.timer", "faultd-clean.timer", name, name + ".target", "x" + name + ".timer"] {
            #expect(BackstopTimer.fault(in: other) == nil, "\(other)")
        }
    }

    @Test func objectPaths() {
        #expect(unitPath("docker.service") == "/org/freedesktop/systemd1/unit/docker_2eservice")
        #expect(unitPath("7z@a-b.socket") == "/org/freedesktop/systemd1/unit/_37z_40a_2db_2esocket")
    }

    @Test func signatures() {
        #expect(BusValue.array(of: "(sv)", []).signature == "a(sv)")
        #expect(BusValue.structure([.string("a"), .variant(.uint64(1)), .entry(.string("k"), .bool(true))]).signature == "(sv{sb})")
    }
}
