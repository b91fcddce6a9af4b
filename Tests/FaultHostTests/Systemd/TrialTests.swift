// A backstop that the manager could not run is none: it is neither told nor armed.
import FaultModel
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct Trials {
        private func armed(_ trial: [String], _ timer: (FaultID) -> BackstopTimer) async throws -> (
            foreseen: Backstop?, armed: Backstop?, timers: [String]
        ) {
            var settings = UnitLab.settings
            settings.trial = trial
            var result: (Backstop?, Backstop?, [String]) = (nil, nil, [])
            try await UnitLab.with(settings) { lab in
                let timer = timer(lab.fault)
                let deadline = UnitLab.now() + .seconds(60)
                let foreseen = try await lab.systemd.foresee(timer, until: deadline)
                let armed = try await lab.systemd.arm(timer, until: deadline)
                result = (foreseen, armed, try await lab.systemd.timers(of: timer))
                try await lab.systemd.disarm(timer)
            }
            return result
        }

        private let forProgram = { @Sendable (fault: FaultID) in BackstopTimer(fault: fault, part: "processes") }

        @Test(arguments: [["/nonexistent/faultd", "worker", "trial"], ["/bin/false"]]) func whatCantBeRunIsNoBackstop(_ trial: [String]) async throws
        {
            let result = try await armed(trial, forProgram)
            #expect(result.foreseen == nil && result.armed == nil && result.timers.isEmpty)
        }

        @Test func whatCanBeRunIsOne() async throws {
            let result = try await armed(["/bin/sh", "-c", "test \"$1\" = a", "sh", "a"], forProgram)
            #expect(result.foreseen?.by == "systemd" && result.armed == result.foreseen && result.timers.count == 1)
        }

        /// Units are started by the manager itself.
        @Test func whatNeedsNoProgramIsOneInAnyCase() async throws {
            let result = try await armed(["/bin/false"]) { BackstopTimer(fault: $0, starts: ["ht-nowhere.service"]) }
            #expect(result.foreseen != nil && result.armed == result.foreseen && result.timers.count == 1)
        }
    }
}
