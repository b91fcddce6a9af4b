// What the kinds on units plan: whom they hit, what they claim, and what they refuse.
import FaultKinds
import FaultModel
import Testing

@Suite struct UnitKindTests {
    private static func unit(
        _ name: String, _ state: String = "active", loadState: String = "loaded", dependents: [String] = [], runtime: Runtime? = nil
    )
        -> Unit
    {
        Unit(name: name, loadState: loadState, activeState: state, dependents: dependents, runtime: runtime)
    }

    private var node: NodeView {
        var node = NodeView()
        node.units = [
            Self.unit("app-1.service"), Self.unit("app-2.service"), Self.unit("app-3.service", "inactive"), Self.unit("app-x.socket"),
            Self.unit("web.service", dependents: ["front.service"]), Self.unit("off.service", "inactive"),
            Self.unit("gone.service", "inactive", loadState: "masked"), Self.unit("docker.service", runtime: .docker),
            Self.unit("pods.slice", dependents: ["pod-1.scope"]),
        ]
        node.knownUnits = ["web.service"]
        node.containers = [Container(runtime: .docker, id: "aaaa1111", name: "batch", image: "i", state: "running")]
        return node
    }

    private func plan(_ kind: String, _ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) throws(Problem) -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node ?? self.node)
    }

    private func refusal(_ kind: String, _ fields: KeyValuePairs<String, String>, on node: NodeView? = nil) -> Problem? {
        #expect(throws: Problem.self) { try plan(kind, fields, on: node) }
    }

    // MARK: faultd's own container

    @Test(arguments: ["unit.stop", "unit.kill", "unit.restart"]) func theRuntimeThatFaultdsContainerGoesDownWithIsRefused(_ kind: String) throws {
        var node = node
        #expect(try plan(kind, ["unit": "docker"], on: node).units == ["docker.service"])
        node.daemonContainer = "aaaa1111"
        let problem = refusal(kind, ["unit": "docker"], on: node)
        #expect(problem?.type == .protectedTarget && problem?.detail == "faultd runs in the container batch, which goes down with docker")
        #expect(try plan(kind, ["unit": "web"], on: node).units.contains("web.service"))
        // containerd leaves them running.
        node.units = [Self.unit("containerd.service", runtime: .containerd)]
        node.containers[0].runtime = .containerd
        #expect(try plan(kind, ["unit": "containerd"], on: node).units == ["containerd.service"])
    }

    // MARK: the selector, the same in every kind

    @Test(arguments: ["unit.stop", "unit.kill", "unit.restart", "unit.freeze"])
    func aPatternMeansWhatMatchesAndRuns(_ kind: String) throws {
        #expect(try plan(kind, ["unit": "app-*.service"]).units == ["app-1.service", "app-2.service"])
        let one = try plan(kind, ["unit": "app-*.service", "count": "1", "seed": "7"])
        #expect(one.units.count == 1 && one.targets == 1)
        #expect(one.notes == ["1 of 2 that match were chosen"])
        #expect(try plan(kind, ["unit": "app-*.service", "count": "1", "seed": "7"]) == one)
        #expect(refusal(kind, ["unit": "app-*.service", "max": "1"])?.type == .tooManyTargets)
        #expect(refusal(kind, ["unit": "none-*"])?.type == .noMatch)
        #expect(refusal(kind, ["unit": "off*"])?.type == .noEffect)
        let missing = refusal(kind, ["unit": "wbe"])
        #expect(missing?.type == .noSuchUnit)
        #expect(missing?.errors?.first?.message == "this node has no unit wbe.service; did you mean web.service?")
        #expect(refusal(kind, ["unit": "web;rm"])?.errors?.first?.field == "spec.units[0]")
        #expect(try plan(kind, ["unit": "web,web.service,we*"]).targets == (kind == "unit.freeze" ? 1 : 2))
    }

    @Test func aPatternWithoutASuffixMeansEveryTypeThatTheKindTakes() throws {
        #expect(try plan("unit.stop", ["unit": "app-*"]).units == ["app-1.service", "app-2.service", "app-x.socket"])
        #expect(try plan("unit.kill", ["unit": "app-*"]).units == ["app-1.service", "app-2.service"])
        #expect(refusal("unit.kill", ["unit": "app-x.socket"])?.type == .impossible)
        #expect(refusal("unit.freeze", ["unit": "pods.slice"])?.type == .impossible)
    }

    /// Restart= has not acted yet: killing it again would find nothing, and stopping it ends the wait.
    @Test func aUnitThatWaitsForItsRestartHasNothingToHit() throws {
        var node = node
        node.units[0].activeState = "activating"
        node.units[0].subState = "auto-restart"
        #expect(try plan("unit.kill", ["unit": "app-*.service"], on: node).units == ["app-2.service"])
        for kind in ["unit.kill", "unit.freeze"] { #expect(refusal(kind, ["unit": "app-1"], on: node)?.type == .noEffect) }
        for kind in ["unit.stop", "unit.restart"] { #expect(try plan(kind, ["unit": "app-1"], on: node).units == ["app-1.service"]) }
    }

    @Test func aUnitThatAnotherFaultHoldsDownNamesIt() {
        var node = node
        node.holders = ["unit:off.service": "fault F"]
        #expect(refusal("unit.restart", ["unit": "off"], on: node)?.detail == "off.service is held down by fault F")
    }

    // MARK: acts

    @Test func aKillTakesTheSignalAndWhom() throws {
        let plain = try plan("unit.kill", ["unit": "web"])
        #expect(plain.changes == [.unitActs(UnitActChange(act: .kill(.kill, whom: .main), units: ["web.service"], dependents: ["front.service"]))])
        #expect(plain.units == ["web.service", "front.service"])
        let other = try plan("unit.kill", ["unit": "web", "signal": "sigterm", "whom": "all"])
        #expect(other.changes == [.unitActs(UnitActChange(act: .kill(.term, whom: .all), units: ["web.service"], dependents: ["front.service"]))])
        #expect(other.changes[0].steps(mark: "faultd:X", until: nil)[0].apply == "systemctl kill --kill-whom=all --signal=TERM web.service")
        #expect(refusal("unit.kill", ["unit": "web", "whom": "mian"])?.detail.contains("did you mean main?") == true)
        #expect(refusal("unit.kill", ["unit": "web", "repeat_every": "10ms"])?.errors?.first?.field == "spec.repeat_every")
    }

    @Test func thePreviewNamesWhatGoesDownAlong() throws {
        #expect(try plan("unit.restart", ["unit": "web"]).notes == ["systemd restarts with it: front.service"])
        #expect(try plan("unit.kill", ["unit": "web"]).notes == ["systemd may take down with it, if it stays dead: front.service"])
        #expect(try plan("unit.freeze", ["unit": "web"]).notes == ["these need what is frozen, and stay up: front.service"])
        let docker = try plan("unit.restart", ["unit": "docker"])
        #expect(docker.notes == ["containers that go down with it and will run again: batch"])
        guard case .containers(let kept)? = docker.changes.first else {
            Issue.record("containers must be reverted last, so they come first")
            return
        }
        #expect(kept.action == .keepRunning)
    }

    @Test func actsClashWithEachOtherAndWithAStopAndNotWithALimit() throws {
        func clash(_ a: Plan, _ b: Plan) -> Bool { a.claims.contains { mine in b.claims.contains { mine.clashes(with: $0) } } }
        let kill = try plan("unit.kill", ["unit": "web"])
        let limit = try plan("unit.limit", ["unit": "web", "tasks_max": "9"])
        for (kind, other) in [("unit.restart", "web"), ("unit.stop", "web"), ("unit.freeze", "web"), ("unit.mask", "web"), ("unit.kill", "web")] {
            #expect(clash(kill, try plan(kind, ["unit": other])), "\(kind)")
        }
        #expect(!clash(kill, limit))
        #expect(clash(limit, try plan("unit.limit", ["unit": "web", "cpu_quota": "5%"])))
        #expect(clash(limit, try plan("unit.mask", ["unit": "web"])))
        #expect(!clash(kill, try plan("unit.kill", ["unit": "app-1"])))
    }

    // MARK: masks

    @Test func aMaskTakesWhatDoesNotRunAndStopsFirstWhereThatIsWanted() throws {
        let idle = try plan("unit.mask", ["unit": "off"])
        #expect(idle.changes == [.unitOverrides(UnitOverrideChange(.mask, units: ["off.service"]))])
        #expect(idle.notes.isEmpty)
        #expect(try plan("unit.mask", ["unit": "web"]).notes == ["goes on running until something stops it: web.service"])
        let down = try plan("unit.mask", ["unit": "web", "stop": "true"])
        #expect(down.changes.map(\.mechanism) == ["units", "unit-overrides"])
        #expect(down.units == ["web.service", "front.service"])
        #expect(refusal("unit.mask", ["unit": "off", "stop": "true"])?.type == .noEffect)
        #expect(refusal("unit.mask", ["unit": "gone"])?.type == .noEffect)
    }

    // MARK: limits

    @Test func limitsAreWrittenAsUnitFilesHaveThem() throws {
        let fields: KeyValuePairs = [
            "unit": "web", "cpu_quota": "12.5%", "memory_max": "64M", "memory_high": "1000", "tasks_max": "20",
            "io_read_bandwidth_max": "/srv 1M,/dev/sda 5K",
        ]
        let plan = try plan("unit.limit", fields)
        guard case .unitOverrides(let change)? = plan.changes.first, case .limits(let limits) = change.override else {
            Issue.record("no limits: \(plan.changes)")
            return
        }
        #expect(
            limits.map(\.text) == [
                "CPUQuota=12.5%", "MemoryMax=67108864", "MemoryHigh=1000", "TasksMax=20", "IOReadBandwidthMax=/srv 1000000",
                "IOReadBandwidthMax=/dev/sda 5000",
            ])
        let step = change.steps(mark: "faultd:ID", until: nil)[0]
        #expect(step.apply.hasPrefix("systemctl set-property --runtime web.service CPUQuota=12.5% MemoryMax=67108864"))
        #expect(step.revert == "rm /run/systemd/system.control/web.service.d/zz-faultd-ID.conf; systemctl daemon-reload")
    }

    @Test(arguments: [
        ("cpu_quota", "20"), ("cpu_quota", "0%"), ("memory_max", "64Q"), ("memory_max", "-1"), ("memory_max", "9999999T"), ("tasks_max", "0"),
        ("io_read_bandwidth_max", "1M"), ("io_read_bandwidth_max", "srv 1M"), ("io_write_iops_max", "/srv 0"), ("io_read_iops_max", "/a%n 5"),
    ])
    func aLimitThatIsNoneIsRefused(_ field: String, _ value: String) {
        let problem = #expect(throws: Problem.self) {
            try Catalog.kind(named: "unit.limit").bind(FormBody.object([("unit", "web"), (field, value)]), lenient: true)
        }
        #expect(problem?.errors?.first?.field.hasPrefix("spec.\(field)") == true, "\(String(describing: problem))")
    }

    @Test func noLimitAtAllIsRefusedAndASliceIsEverythingInIt() throws {
        #expect(refusal("unit.limit", ["unit": "web"])?.detail.contains("another limit is required") == true)
        let slice = try plan("unit.limit", ["unit": "pods.slice", "cpu_quota": "50%"])
        #expect(slice.units == ["pods.slice", "pod-1.scope"])
        #expect(slice.notes == ["the limit of pods.slice is shared by pod-1.scope"])
    }

    @Test func aJournalKeepsWhatWasDone() throws {
        let undos: [Undo] = [
            .unitActs(UnitActUndo(fault: try #require(FaultID("01K0000000000000000000000A")), act: .kill(.hup, whom: .all), units: [])),
            .unitOverrides(
                UnitOverrideUndo(
                    fault: try #require(FaultID("01K0000000000000000000000A")), override: .limits([UnitLimit(.ioReadIOPSMax, 5, path: "/")]),
                    units: [])),
        ]
        for undo in undos { #expect(try JSONValue(encoding: undo).decoded(as: Undo.self) == undo) }
        #expect(undos.allSatisfy { $0.isForgottenByReboot && $0.needsBackstop && $0.irreversible.isEmpty })
        #expect(undos.map(\.isHeld) == [false, true])
    }
}
