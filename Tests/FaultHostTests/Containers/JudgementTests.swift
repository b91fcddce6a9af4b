import FaultModel
import Testing

// What became of a container, decided from values.
@testable import FaultHost

struct JudgementTests {
    let crash = ContainerChange.Action.signal(.kill)
    let killed = Deeds.Deed(killedAt: Timestamp(text: "2026-01-01T00:01:00Z"))

    func judge(_ pin: ContainerPin, _ sight: Sight, _ deed: Deeds.Deed? = nil) -> Judgement { Judgement(pin, sight, deed ?? killed, crash) }

    @Test func deadIsWaitingWithWhatToExpect() {
        let judgement = judge(pin(), Sight(own: run(state: "exited")))
        #expect(judgement.recovery.outcome == .waiting && !judgement.isSettled && judgement.recovery.killedAt == killed.killedAt)
        #expect(judgement.recovery.note == "restart policy always: docker starts it again")
    }

    @Test func theSameRunAliveWasOnlySignalled() {
        let judgement = judge(pin(), Sight(own: run()))
        #expect(judgement.recovery.outcome == .signalled && !judgement.isSettled)
    }

    @Test func anotherRunOfTheSameIDIsARestart() {
        let judgement = judge(pin(), Sight(own: run(startedAt: "2026-01-01T00:01:00.75Z")))
        #expect(judgement.recovery.outcome == .restarted && judgement.isSettled && judgement.recovery.newID == nil)
        #expect(judgement.recovery.relaunchTime?.duration == .milliseconds(750) && judgement.recovery.readyTime == nil)
    }

    @Test func healthIsAwaitedWhereItIsKnown() {
        let again = { (health: ContainerRun.Health) in judge(pin(), Sight(own: run(startedAt: "2026-01-01T00:01:01Z", health: health))) }
        #expect(!again(.starting).isSettled && again(.starting).recovery.note == "runs, not yet healthy")
        #expect(!again(.unhealthy).isSettled && again(.unhealthy).recovery.outcome == .restarted)
        let ready = again(.healthy(since: Timestamp(text: "2026-01-01T00:01:05Z")))
        #expect(ready.isSettled && ready.recovery.readyTime?.duration == .seconds(5))
    }

    @Test func aNewerContainerOfTheWorkloadReplacesIt() {
        let heir = run("k8s_web_1", id: "new", startedAt: "2026-01-01T00:01:02Z", createdAt: "2026-01-01T00:01:01.5Z")
        let judgement = judge(pin(), Sight(own: run(state: "exited"), others: [heir]))
        #expect(judgement.recovery.outcome == .replaced && judgement.recovery.newID == "new" && judgement.recovery.newName == "k8s_web_1")
        #expect(judgement.recovery.relaunchTime?.duration == .seconds(2) && judgement.isSettled)
    }

    @Test func oneThatWasThereBeforeTheKillIsNoSuccessor() {
        let twin = run("web", id: "twin", createdAt: "2026-01-01T00:00:59.9Z")
        #expect(judge(pin(), Sight(own: run(state: "exited"), others: [twin])).recovery.outcome == .waiting)
        #expect(judge(pin(), Sight(own: nil, others: [twin])).recovery.outcome == .waiting)
    }

    @Test func withoutAMemoryOfTheKillTheRuntimesTimesServe() {
        let dead = judge(pin(), Sight(own: run(state: "exited", endedAt: "2026-01-01T00:01:00Z")), .init())
        #expect(dead.recovery.killedAt?.text == "2026-01-01T00:01:00.000Z")
        let again = judge(pin(), Sight(own: run(startedAt: "2026-01-01T00:01:01Z", endedAt: "2026-01-01T00:01:00Z")), .init())
        #expect(again.recovery.relaunchTime?.duration == .seconds(1))
        // Docker tells the end of the run before this one while it runs: that was no kill of ours.
        #expect(judge(pin(), Sight(own: run(endedAt: "2025-12-31T00:00:00Z")), .init()).recovery.killedAt == nil)
        #expect(judge(pin(), Sight(own: nil), .init()).recovery.killedAt == nil)
    }

    @Test func aClockThatWasSetBackGivesNoTime() {
        let judgement = judge(pin(), Sight(own: run(startedAt: "2026-01-01T00:00:30Z")))
        #expect(judgement.recovery.outcome == .restarted && judgement.recovery.relaunchTime == nil)
    }

    @Test func afterTheRevertItIsSaidWhoBroughtItBack() {
        var deed = killed
        deed.ending = .startedByFaultd
        #expect(judge(pin(), Sight(own: run(startedAt: "2026-01-01T00:02:00Z")), deed).recovery.outcome == .startedByFaultd)
        deed.ending = .gaveUp
        #expect(judge(pin(), Sight(own: run(state: "exited")), deed).recovery.outcome == .didNotComeBack)
    }

    @Test func aCRIPinsStartIsNanoseconds() {
        #expect(pin(startedAt: "1767225600500000000").startTime == pin().startTime && pin().startTime != nil)
    }

    @Test(
        arguments: [
            (pin(policy: "no"), .signal(.kill), "stays dead until the lease ends, then faultd starts it again"),
            (pin(policy: "unless-stopped"), .signal(.kill), "restart policy unless-stopped: docker starts it again"),
            (pin(policy: "on-failure"), .signal(.term), "unless it ended with exit code 0"),
            (pin(policy: "always"), .apiKill(.kill), "counts it as stopped by hand"),
            (pin(policy: "always"), .stop(seconds: 1), "counts it as stopped by hand: the restart policy does not act"),
            (pin(policy: "no"), .stop(seconds: 1), "restart policy no: stays dead until the lease ends, then faultd starts it again"),
            (pin(policy: "always"), .restart(seconds: 1), "docker starts it again at once"),
            (pin(policy: "always"), .remove, "gone for good"),
            (pin(policy: "always"), .pause, "no restart policy acts"),
            (pin(workload: "pod ns/web/nginx", runtime: .containerd, policy: nil), .pause, "its probes fail"),
            (pin(workload: "pod ns/web/nginx", runtime: .containerd, policy: nil), .remove, "the kubelet replaces it"),
            (pin(policy: "no"), .apiKill(.kill), "stays dead until the lease ends"),
            (pin(policy: "always", autoRemove: true), .signal(.kill), "gone for good"),
            (pin(workload: "pod ns/web/nginx", runtime: .containerd, policy: nil), .signal(.kill), "the kubelet replaces it"),
            (pin(workload: "pod ns/web/POD", runtime: .containerd, policy: nil), .signal(.kill), "all the pod's containers anew"),
        ] as [(ContainerPin, ContainerChange.Action, String)])
    func whatThePlatformWillDoIsSaid(pin: ContainerPin, action: ContainerChange.Action, text: String) {
        #expect(Expectation.note(pin, action).contains(text))
    }

    @Test func memoryIsBounded() {
        let deeds = Deeds()
        for number in 0...ContainerLimits.deeds { deeds.note(pin(id: "\(number)")) { $0.killedAt = killed.killedAt } }
        #expect(deeds[pin(id: "0")] == Deeds.Deed() && deeds[pin(id: "1")] == killed && deeds[pin(id: "\(ContainerLimits.deeds)")] == killed)
    }
}
