import FaultModel
import Testing

// Against a real Docker: run inside a lab node, as root, in its pid namespace.
@testable import FaultHost

/// One after the other: they share the node's Docker, and some stop it.
@Suite(.serialized, .enabled(if: LiveNode.isInside, "needs a lab node around it: FAULTD_TEST_IN_NODE=1"))
struct DockerLiveTests {
    static let ignoresTerm = #"sh -c 'trap "" TERM; while :; do sleep 1; done'"#

    func isRunning(_ name: String) throws -> Bool { try LiveNode.sh("docker inspect -f '{{.State.Running}}' \(name)") == "true" }
    func startedAt(_ name: String) throws -> String { try LiveNode.sh("docker inspect -f '{{.State.StartedAt}}' \(name)") }

    @Test func everyContainerIsListedWhateverItsState() async throws {
        try await LiveNode.withContainers(2, options: "--label team=edge --restart=unless-stopped") { names in
            try LiveNode.sh("docker stop -t 0 \(names[1])")
            try await withContainers { containers in
                let view = await containers.list()
                #expect(view.errors == [] && view.runtimes.contains(.docker))
                let first = try #require(view.containers.first { $0.name == names[0] })
                #expect(first.isRunning && first.image == LiveNode.image && first.labels["team"] == "edge" && first.id.count == 64)
                #expect(view.containers.first { $0.name == names[1] }?.state == "exited")
            }
        }
    }

    @Test func aCrashIsRestartedUnderTheSameID() async throws {
        try await LiveNode.withContainers(options: "--restart=always") { names in
            try await withContainers { containers in
                let (undo, evidence) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                #expect(undo.targets.count == 1 && undo.targets[0].pid > 1 && undo.targets[0].restartPolicy == "always")
                #expect(evidence.containers?.first?.outcome == .waiting)
                #expect(evidence.containers?.first?.note == "restart policy always: docker starts it again")
                let recovery = try #require(await containers.recoveries(undo, limit: .seconds(20)).first)
                #expect(recovery.outcome == .restarted && recovery.newID == nil && recovery.killedAt != nil)
                let time = try #require(recovery.relaunchTime).duration
                #expect(time > .zero && time < .seconds(15))
                #expect(try LiveNode.sh("docker inspect -f '{{.State.Running}} {{.Id}}' \(names[0])") == "true \(undo.targets[0].id)")
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .alreadyGone && outcome.drift == [] && outcome.notes.count == 1)
            }
        }
    }

    @Test func aContainerWithHealthChecksTellsWhenItIsReady() async throws {
        let checks = "--restart=always --health-cmd 'test -e /tmp/up' --health-interval 200ms --health-start-period 0s"
        try await LiveNode.withContainers(options: checks, command: "sh -c 'sleep 1; touch /tmp/up; sleep 3600'") { names in
            try await withContainers { containers in
                let (undo, _) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                let recovery = try #require(await containers.recoveries(undo, limit: .seconds(30)).first)
                // The file is left from the first life, so it is ready at the first check; but not before it runs.
                #expect(recovery.outcome == .restarted)
                #expect(try #require(recovery.readyTime).duration > #require(recovery.relaunchTime).duration)
            }
        }
    }

    @Test func withoutAPolicyItStaysDeadUntilTheRevert() async throws {
        try await LiveNode.withContainers(options: "--restart=no") { names in
            try await withContainers { containers in
                let (undo, _) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                #expect(await containers.recoveries(undo, limit: .seconds(1)).map(\.outcome) == [.waiting])
                let seen = try #require(try await containers.observe(undo).containers?.first)
                #expect(seen.outcome == .waiting && seen.killedAt != nil && seen.note?.hasPrefix("restart policy no") == true)
                #expect(try !isRunning(names[0]))
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .restored && outcome.drift == [])
                #expect(try isRunning(names[0]))
                #expect(try await containers.observe(undo).containers?.first?.outcome == .startedByFaultd)
                #expect(try await containers.revert(undo).result == .alreadyGone)
            }
        }
    }

    /// Docker learns of a death later than faultd and says "running" until then: a revert at that moment must not believe it. Here
    /// the container's shim, who tells Docker, is held up for a while.
    @Test func aRevertBeforeDockerHasNoticedTheDeathStillBringsItBack() async throws {
        try await LiveNode.withContainers(options: "--restart=no") { names in
            try await withContainers { containers in
                let pins = try await containers.pins(names[0])
                let shim = try LiveNode.sh("ps -o ppid= -p $(docker inspect -f '{{.State.Pid}}' \(names[0]))")
                try LiveNode.sh("kill -STOP \(shim)")
                async let later = {
                    try await Task.sleep(for: .milliseconds(700)); return try LiveNode.sh("kill -CONT \(shim)")
                }()
                let (undo, _) = try await containers.inject(.signal(.kill), pins)
                #expect(try isRunning(names[0]), "as Docker still believes")
                #expect(try await containers.observe(undo).containers?.first?.outcome == .waiting)
                #expect(try await containers.revert(undo).result == .restored)
                _ = try await later
                #expect(try isRunning(names[0]) && startedAt(names[0]) != undo.targets[0].startedAt)
            }
        }
    }

    @Test func aKillByTheAPIStaysDeadUntilTheRevertAndThePolicyActsAgainAfterIt() async throws {
        try await LiveNode.withContainers(options: "--restart=always") { names in
            try await withContainers { containers in
                let (undo, evidence) = try await containers.inject(.apiKill(.kill), containers.pins(names[0]))
                #expect(evidence.containers?.first?.note?.contains("stopped by hand") == true)
                try await Task.sleep(for: .seconds(2))
                #expect(try !isRunning(names[0]))
                #expect(try await containers.revert(undo).result == .restored)
                #expect(try isRunning(names[0]))
                let again = try await containers.inject(.signal(.kill), containers.pins(names[0])).undo
                #expect(await containers.recoveries(again, limit: .seconds(20)).first?.outcome == .restarted)
            }
        }
    }

    @Test func whatWasStartedWithRmIsGoneForGoodAndSaidSo() async throws {
        try await LiveNode.withContainers(options: "--rm") { names in
            try await withContainers { containers in
                let (undo, evidence) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                #expect(evidence.containers?.first?.note == "started with --rm: it is gone for good")
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .superseded && outcome.drift.count == 1 && outcome.drift[0].contains("--rm"))
                #expect(try await containers.observe(undo).containers?.first?.outcome == .didNotComeBack)
            }
        }
    }

    @Test func aSignalThatIsCaughtLeavesItRunning() async throws {
        try await LiveNode.withContainers(options: "--restart=no", command: Self.ignoresTerm) { names in
            try await withContainers { containers in
                for action in [ContainerChange.Action.signal(.term), .apiKill(.term)] {
                    let (undo, evidence) = try await containers.inject(action, containers.pins(names[0]))
                    #expect(evidence.containers?.first?.outcome == .signalled)
                    #expect(try await containers.revert(undo) == RevertOutcome(.alreadyGone))
                }
            }
        }
    }

    @Test func oneThatEndedIsRefusedByNameAndNoOtherIsTouched() async throws {
        try await LiveNode.withContainers(2, options: "--restart=no") { names in
            try await withContainers { containers in
                let pins = try await containers.pins("^(\(names.joined(separator: "|")))$")
                #expect(pins.count == 2)
                try LiveNode.sh("docker kill \(names[1])")
                let before = try startedAt(names[0])
                let problem = await #expect(throws: Problem.self) { _ = try await containers.inject(.signal(.kill), pins) }
                #expect(problem?.type == .noMatch && problem?.detail.contains(names[1]) == true && problem?.detail.contains(names[0]) == false)
                #expect(try isRunning(names[0]) && startedAt(names[0]) == before)
            }
        }
    }

    @Test func aRestartBetweenPrepareAndApplyIsNoticedAndTheNewRunIsNotHit() async throws {
        try await LiveNode.withContainers(options: "--restart=no") { names in
            try await withContainers { containers in
                let pins = try await containers.pins(names[0])
                for action in [ContainerChange.Action.signal(.kill), .apiKill(.kill)] {
                    let change = ContainerChange(action: action, targets: pins)
                    let undo = try await containers.prepare(change, for: .forTest())
                    try LiveNode.sh("docker restart -t 0 \(names[0])")
                    let before = try startedAt(names[0])
                    let problem = await #expect(throws: Problem.self) {
                        _ = try await containers.apply(change, undo: undo, until: Moment(boot: 0, wall: .now))
                    }
                    #expect(problem?.type == .noMatch)
                    #expect(try isRunning(names[0]) && startedAt(names[0]) == before)
                    #expect(try await containers.revert(undo).drift == [])
                }
            }
        }
    }

    @Test func aRevertWithoutTheChangeDoesNothing() async throws {
        try await LiveNode.withContainers(options: "--restart=no") { names in
            try await withContainers { containers in
                let change = ContainerChange(action: .signal(.kill), targets: try await containers.pins(names[0]))
                let undo = try await containers.prepare(change, for: .forTest())
                let before = try startedAt(names[0])
                #expect(try await containers.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try startedAt(names[0]) == before)
            }
        }
    }

    @Test func aContainerThatSomebodyRemovedIsTheirs() async throws {
        try await LiveNode.withContainers(options: "--restart=no") { names in
            try await withContainers { containers in
                let (undo, _) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                try LiveNode.sh("docker rm -f \(names[0])")
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .superseded && outcome.drift.first?.contains("not by faultd") == true)
            }
        }
    }

    @Test func oneThatSomebodyStoppedAfterItsRecoveryIsLeftStopped() async throws {
        try await LiveNode.withContainers(options: "--restart=always") { names in
            try await withContainers { containers in
                let (undo, _) = try await containers.inject(.signal(.kill), containers.pins(names[0]))
                #expect(await containers.recoveries(undo, limit: .seconds(20)).first?.outcome == .restarted)
                try LiveNode.sh("docker stop -t 0 \(names[0])")
                let outcome = try await containers.revert(undo)
                #expect(outcome.result == .superseded && outcome.drift.first?.contains("left as it is") == true)
                #expect(try !isRunning(names[0]))
            }
        }
    }

    /// Docker answers "not modified" to a start of a container that waits for its restart policy.
    @Test func oneThatWaitsForItsRestartPolicyIsStarted() async throws {
        try await LiveNode.withContainers(options: "--restart=always") { names in
            try await withContainers { containers in
                let first = try await containers.pins(names[0])
                var undo = try await containers.inject(.signal(.kill), first).undo
                // Each restart doubles the policy's delay: after some of them it is longer than the grace.
                for _ in 0..<6 {
                    #expect(await containers.recoveries(undo, limit: .seconds(30)).first?.outcome == .restarted)
                    undo = try await containers.inject(.signal(.kill), containers.pins(names[0])).undo
                }
                #expect(try LiveNode.sh("sleep 0.3; docker inspect -f '{{.State.Status}}' \(names[0])") == "restarting")
                let began = ContinuousClock.now
                #expect(try await containers.revert(undo).drift == [])
                #expect(try isRunning(names[0]))
                #expect(ContinuousClock.now - began < .seconds(6))
            }
        }
    }
}
