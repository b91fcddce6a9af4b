// The unit that everybody stops and half undoes: docker.service, which docker.socket starts again at the next `docker ps`.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite(
        .enabled("needs Docker on the node that FAULTD_TEST_BUS names") {
            guard TestManager.address != nil else { return false }
            return try await Systemd(UnitLab.settings, now: UnitLab.now).units(matching: ["docker.service"]).units.first?.isActive == true
        })
    struct DockerUnit {
        private let socket = "\(TestManager.root)/run/docker.sock"

        @Test func dockerAndItsSocketStayDownAndComeBack() async throws {
            try await UnitLab.with { lab in
                let unit = try #require(try await lab.systemd.units(matching: ["docker.service"]).units.first)
                #expect(unit.triggeredBy == ["docker.socket"])
                #expect(unit.pulls.contains("containerd.service"))
                #expect(unit.runtime == .docker)
                let containerd = try await lab.properties("containerd.service").invocationID
                let undo = try await lab.inject(UnitChange(units: [unit.name], triggers: unit.triggeredBy, dependents: unit.dependents))
                #expect(undo.units.map(\.name) == ["docker.socket", "docker.service"])
                for _ in 0..<20 {
                    #expect([ECONNREFUSED, ENOENT].contains(connectTo(socket)))
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await lab.systemd.observe(undo).units?.map(\.state) == ["inactive (dead)", "inactive (dead)"])
                let outcome = try await lab.systemd.revert(undo)
                #expect(outcome.result == .restored && outcome.drift.isEmpty)
                #expect(connectTo(socket) == 0)
                let after = try await lab.systemd.prepare(UnitChange(units: [unit.name], triggers: unit.triggeredBy, dependents: []), for: lab.fault)
                #expect(after.units.map(\.activeState) == ["active", "active"])
                #expect(after.units.map(\.subState) == undo.units.map(\.subState))
                #expect(after.units.map(\.unitFileState) == undo.units.map(\.unitFileState))
                #expect(try await lab.properties("containerd.service").invocationID == containerd)
            }
        }

        @Test func theBackstopBringsBothBack() async throws {
            try await UnitLab.with { lab in
                let unit = try #require(try await lab.systemd.units(matching: ["docker.service"]).units.first)
                try await lab.inject(UnitChange(units: [unit.name], triggers: unit.triggeredBy, dependents: []), lease: .milliseconds(500))
                for name in ["docker.socket", "docker.service"] {
                    for _ in 0..<500 where try await lab.properties(name).activeState != "active" { try await Task.sleep(for: .milliseconds(20)) }
                    #expect(try await lab.properties(name).activeState == "active")
                }
                #expect(connectTo(socket) == 0)
            }
        }
    }
}
