import FaultModel
import Testing

// Many containers at once: they end together, and sooner than by the tool that a person would use.
@testable import FaultHost

extension DockerLiveTests {
    @Suite(.serialized, .enabled(if: LiveNode.isInside, "needs a lab node around it: FAULTD_TEST_IN_NODE=1"))
    struct Many {
        @Test func twentyEndTogetherAndSoonerThanByDockerKill() async throws {
            try await LiveNode.withContainers(20, options: "--restart=no") { names in
                try await withContainers { containers in
                    let clock = ContinuousClock()
                    let pins = try await containers.pins("^(\(names.joined(separator: "|")))$")
                    #expect(pins.count == 20)
                    let change = ContainerChange(action: .signal(.kill), targets: pins)
                    var undo = ContainerUndo(fault: try .forTest(), action: change.action, targets: [])
                    var evidence = Evidence()
                    let prepared = try await clock.measure { undo = try await containers.prepare(change, for: .forTest()) }
                    let applied = try await clock.measure {
                        evidence = try await containers.apply(change, undo: undo, until: Moment(boot: 0, wall: .now + .seconds(60)))
                    }
                    #expect(evidence.containers?.count == 20 && evidence.containers?.allSatisfy { $0.outcome == .waiting } == true)
                    let kills = try #require(evidence.containers).compactMap(\.killedAt)
                    #expect(try #require(kills.max()) - #require(kills.min()) < .milliseconds(50), "the first and the last signal")
                    var outcome = RevertOutcome(.alreadyGone)
                    let reverted = try await clock.measure { outcome = try await containers.revert(undo) }
                    #expect(outcome.result == .restored && outcome.notes.count == 20 && outcome.drift == [])
                    let byHand = try clock.measure { try LiveNode.sh("docker kill \(names.joined(separator: " "))") }
                    #expect(applied < byHand)
                    LiveNode.report(
                        "20 containers: prepare \(prepared.text), apply \(applied.text), revert \(reverted.text); docker kill \(byHand.text)")
                }
            }
        }

        @Test func alwaysContainersAllComeBack() async throws {
            try await LiveNode.withContainers(20, options: "--restart=always") { names in
                try await withContainers { containers in
                    let (undo, _) = try await containers.inject(.signal(.kill), containers.pins("^(\(names.joined(separator: "|")))$"))
                    let recoveries = await containers.recoveries(undo, limit: .seconds(60))
                    #expect(recoveries.count == 20 && recoveries.allSatisfy { $0.outcome == .restarted && $0.relaunchTime != nil })
                    let times = recoveries.compactMap(\.relaunchTime?.duration).sorted()
                    LiveNode.report("20 restarts: first after \(times.first?.text ?? ""), last after \(times.last?.text ?? "")")
                    #expect(try await containers.revert(undo).result == .alreadyGone)
                }
            }
        }

        @Test func readingIsQuick() async throws {
            try await withContainers { containers in
                let clock = ContinuousClock()
                let pin = try #require(try await containers.pins("^web$").first)
                let pod = try #require(try await containers.pins("^k8s_etcd").first)
                var lists: [Duration] = []
                var docker: [Duration] = []
                var cri: [Duration] = []
                for _ in 0..<50 {
                    lists.append(await clock.measure { _ = await containers.list() })
                    docker.append(try await clock.measure { _ = try await containers.run(of: pin) })
                    cri.append(try await clock.measure { _ = try await containers.run(of: pod) })
                }
                let median = { (all: [Duration]) in all.sorted()[all.count / 2] }
                LiveNode.report("median list \(median(lists).text), docker inspection \(median(docker).text), CRI status \(median(cri).text)")
                #expect(median(lists) < .milliseconds(500))
            }
        }
    }
}
