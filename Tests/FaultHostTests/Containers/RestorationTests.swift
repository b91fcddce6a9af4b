import FaultModel
import Testing

// How an undo goes on, decided from values.
@testable import FaultHost

struct RestorationTests {
    static let crash = ContainerChange.Action.signal(.kill)
    static let api = ContainerChange.Action.apiKill(.kill)
    static let keep = ContainerChange.Action.keepRunning
    static let pod = pin("k8s_web", workload: "pod ns/web/nginx", policy: "no")
    static let criPod = pin("k8s_web", workload: "pod ns/web/nginx", runtime: .containerd, policy: nil)
    let dead = Sight(own: run(state: "exited"))
    /// Longer than any grace.
    let long = Duration.seconds(30)

    @Test(arguments: [Self.crash, Self.api, Self.keep]) func whatRunsIsLeft(action: ContainerChange.Action) {
        #expect(RestorationStep(pin(), Sight(own: run()), action, waited: .zero) == .done(.runs(note: nil)))
        let again = RestorationStep(pin(), Sight(own: run(startedAt: "2026-01-01T00:01:00Z")), action, waited: .zero)
        #expect(again == .done(.runs(note: "web (docker 0123456789ab) came back by itself")))
    }

    /// A fault hits only what runs, so one that is paused was paused by somebody else, and is left so.
    @Test func whatIsPausedWasChangedBySomebody() {
        let step = RestorationStep(pin(), Sight(own: run(state: "paused")), Self.keep, waited: long)
        let drift = "web (docker 0123456789ab) is paused and was running: somebody else paused it"
        #expect(step == .done(.changed(drift: drift)))
        #expect(RevertOutcome([.changed(drift: drift)]) == RevertOutcome(.superseded, drift: [drift]))
    }

    @Test func whatWasReplacedIsNotStartedBesideItsSuccessor() {
        let step = RestorationStep(
            Self.pod, Sight(own: run(state: "exited"), others: [run("k8s_web_1", id: "fedcba9876543210")]), Self.crash, waited: long)
        #expect(step == .done(.replaced(note: "k8s_web (docker 0123456789ab) runs as k8s_web_1 (docker fedcba987654)")))
    }

    @Test(
        arguments: [
            (pin(policy: "no"), crash, Duration.zero), (pin(policy: "always"), crash, ContainerLimits.policyGrace),
            (pin(policy: "on-failure"), keep, ContainerLimits.policyGrace), (pin(policy: "always"), api, .zero),
            (pod, crash, ContainerLimits.supervisorGrace), (pod, api, ContainerLimits.supervisorGrace),
            (criPod, keep, ContainerLimits.supervisorGrace), (pin(policy: "always"), .stop(seconds: 1), .zero),
            (pin(policy: "always"), .restart(seconds: 1), ContainerLimits.policyGrace), (pod, .remove, ContainerLimits.supervisorGrace),
        ] as [(ContainerPin, ContainerChange.Action, Duration)])
    func thoseWhoBringItBackByThemselvesGoFirst(pin: ContainerPin, action: ContainerChange.Action, grace: Duration) {
        #expect(RestorationStep.grace(pin, dead, action) == grace)
        if grace > .zero { #expect(RestorationStep(pin, dead, action, waited: grace - .milliseconds(1)) == .wait) }
        #expect(RestorationStep(pin, dead, action, waited: grace) != .wait)
    }

    @Test func aDeathThatTheRuntimeHasNotNoticedIsAwaited() {
        let ending = Sight(own: run(state: Sight.ending))
        #expect(RestorationStep(pin(policy: "no"), ending, Self.crash, waited: .seconds(1)) == .wait)
        #expect(RestorationStep(pin(policy: "no"), ending, Self.crash, waited: ContainerLimits.fatalEnd) == .start)
    }

    @Test func whatTheFaultRemovedIsSaidToBeItsDoing() {
        guard case .done(.dead(let drift)) = RestorationStep(pin(), Sight(), .remove, waited: long) else {
            Issue.record("not dead")
            return
        }
        #expect(drift == "web (docker 0123456789ab) did not come back: this fault removed it for good, and nothing has replaced it")
    }

    /// It ran again after the restart: what ended it then was somebody else.
    @Test func whatEndedAfterItsRestartIsLeft() {
        let later = Sight(own: run(state: "exited", startedAt: "2026-01-01T00:01:00Z"))
        guard case .done(.dead(let drift)) = RestorationStep(pin(), later, .restart(seconds: 1), waited: long) else {
            Issue.record("not dead")
            return
        }
        #expect(drift.contains("ended again"))
        #expect(RestorationStep(pin(), dead, .restart(seconds: 1), waited: long) == .start)
    }

    @Test func whatStaysDeadIsStarted() {
        #expect(RestorationStep(pin(policy: "no"), dead, Self.crash, waited: .zero) == .start)
        #expect(RestorationStep(pin(policy: "always"), dead, Self.api, waited: .zero) == .start)
        #expect(RestorationStep(Self.pod, dead, Self.keep, waited: long) == .start)
    }

    @Test func whatCannotBeStartedIsDriftWithItsOwner() {
        #expect(drift(RestorationStep(Self.criPod, dead, Self.crash, waited: long)).contains("the kubelet, has not replaced it yet"))
        #expect(drift(RestorationStep(pin(autoRemove: true), Sight(), Self.crash, waited: long)).contains("--rm"))
        #expect(drift(RestorationStep(pin(), Sight(), Self.crash, waited: .zero)).contains("removed, not by faultd"))
        #expect(drift(RestorationStep(Self.pod, Sight(), Self.crash, waited: long)).contains("has not replaced it yet"))
    }

    /// Somebody stopped it after it had come back: that is theirs. While a fault held the runtime down, any later run ended with it.
    @Test func whatCameBackAndEndedAgainIsNotOurs() {
        let later = Sight(own: run(state: "exited", startedAt: "2026-01-01T00:01:00Z"))
        for action in [Self.crash, Self.api] {
            #expect(drift(RestorationStep(pin(policy: "no"), later, action, waited: long)).contains("exit code 137, not by faultd: left as it is"))
        }
        #expect(RestorationStep(pin(policy: "no"), later, Self.keep, waited: long) == .start)
        let waiting = Sight(own: run(state: "restarting", startedAt: "2026-01-01T00:01:00Z"))
        #expect(RestorationStep(pin(), waiting, Self.crash, waited: long) == .start)
    }

    func drift(_ step: RestorationStep) -> String { if case .done(.dead(let drift)) = step { drift } else { "" } }

    @Test(
        arguments: [
            ([], .alreadyGone, 0), ([.runs(note: nil), .runs(note: "b")], .alreadyGone, 1),
            ([.started(note: "a"), .replaced(note: "b")], .restored, 2),
            ([.replaced(note: "a"), .runs(note: nil)], .superseded, 1),
            ([.replaced(note: "a"), .started(note: "b"), .runs(note: nil)], .restored, 2),
        ] as [([Restoration], RevertOutcome.Result, Int)])
    func theWholeIsWhatFaultdHadToDo(parts: [Restoration], result: RevertOutcome.Result, notes: Int) {
        let outcome = RevertOutcome(parts)
        #expect(outcome.result == result && outcome.notes.count == notes && outcome.drift == [])
    }

    @Test func whatStaysDeadIsDriftAndNoError() {
        #expect(RevertOutcome([.dead(drift: "a"), .runs(note: nil)]) == RevertOutcome(.superseded, drift: ["a"]))
        #expect(RevertOutcome([.dead(drift: "a"), .started(note: "b")]) == RevertOutcome(.restored, notes: ["b"], drift: ["a"]))
    }
}
