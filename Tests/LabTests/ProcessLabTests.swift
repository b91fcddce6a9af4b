// Process faults on a real node: states and CPU time by /proc, services by systemd.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Processes {
        /// `body` with services that use the processor, each with its `Restart=`, and wanted at boot: of others systemd forgets the runs.
        private func with(_ services: [(name: String, restart: String)], _ body: (FaultClient) async throws -> Void) async throws {
            let folder = "/run/systemd/system"
            for (name, restart) in services {
                let unit = "[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRestart=\(restart)\\nRestartSec=200ms"
                let start = "ExecStart=/bin/sh -c \"while :; do :; done\"\\n"
                try await Lab.node("printf '\(unit)\\n\(start)' > \(folder)/\(name).service")
                try await Lab.node("mkdir -p \(folder)/multi-user.target.wants; ln -sf ../\(name).service \(folder)/multi-user.target.wants/")
            }
            let names = services.map(\.name).joined(separator: " ")
            try await Lab.node("systemctl daemon-reload; systemctl start \(names)")
            do { try await Lab.restoring(body) } catch { Issue.record(error) }
            let files = services.map { "\($0.name).service multi-user.target.wants/\($0.name).service" }.joined(separator: " ")
            try await Lab.node("systemctl stop \(names); systemctl reset-failed \(names); cd \(folder); rm -f \(files); systemctl daemon-reload")
        }

        private func pid(of unit: String) async throws -> String {
            try await Lab.node("systemctl show -P MainPID \(unit)").text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// State and ticks of CPU time, by proc_pid_stat(5).
        private func stat(_ pid: String) async throws -> (state: String, ticks: Int) {
            let fields = try await Lab.node("cat /proc/\(pid)/stat").text.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 13 else { return ("gone", 0) }
            return (String(fields[0]), (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0))
        }

        @Test func aPausedProcessTakesNoTimeAndGoesOn() async throws {
            try await with([("spin", "always")]) { client in
                let pid = try await pid(of: "spin")
                let fault = try await client.inject("process.pause", ["unit": "spin", "expect": "1"])
                #expect(fault.evidence.observations?.map(\.state) == ["stopped"])
                #expect(fault.backstop?.by == "systemd")
                let first = try await stat(pid)
                try await Task.sleep(for: .milliseconds(700))
                let second = try await stat(pid)
                #expect(first.state == "T" && second.state == "T")
                #expect(first.ticks == second.ticks, "CPU time grew while it was stopped")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                try await Lab.eventually("it takes CPU time again", within: .seconds(5)) { try await stat(pid).ticks > second.ticks }
                #expect(try await self.pid(of: "spin") == pid)
            }
        }

        @Test func continuedByAnOperatorItIsToldAndLeft() async throws {
            try await with([("spin", "always")]) { client in
                let fault = try await client.inject("process.pause", ["unit": "spin"])
                try await Lab.node("kill -CONT \(try await pid(of: "spin"))")
                try await Lab.eventually("the drift is told", within: .seconds(15)) {
                    try await client.fault(fault.id).document.notes.contains { $0.contains("was continued") }
                }
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }

        @Test func withTheDaemonDeadTheBackstopLetsItGoOn() async throws {
            try await with([("spin", "no"), ("once", "no")]) { client in
                let pid = try await pid(of: "spin")
                _ = try await client.inject("process.pause", ["unit": "spin"], lease: "8s")
                _ = try await client.inject("process.kill", ["unit": "once"], lease: "8s")
                try await Dead.kill()
                #expect(try await stat(pid).state == "T")
                #expect(try await Lab.state(of: "once") != "active")
                try await Lab.eventually("the timers have undone both", within: .seconds(25)) {
                    let (state, isUp) = (try await stat(pid).state, try await Lab.state(of: "once") == "active")
                    return state != "T" && isUp
                }
                try await Dead.revive()
            }
        }

        @Test func aKilledServiceIsStartedAtTheEndUnlessItIsBack() async throws {
            try await with([("once", "no"), ("again", "always")]) { client in
                let before = (try await pid(of: "once"), try await pid(of: "again"))
                let once = try await client.inject("process.kill", ["unit": "once"])
                let again = try await client.inject("process.kill", ["unit": "again"])
                #expect(once.notes.contains { $0.contains("once.service goes down with it") })
                #expect(try await Lab.state(of: "once") != "active")
                try await Lab.eventually("systemd brings it back", within: .seconds(5)) { try await Lab.state(of: "again") == "active" }
                let ended = try await client.end(once.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await Lab.state(of: "once") == "active")
                #expect(try await pid(of: "once") != before.0)
                let left = try await client.end(again.id).document
                #expect(left.clean == true, "\(left.drift)")
                #expect(try await pid(of: "again") != before.1)
            }
        }

        @Test func whatAnOperatorStoppedAfterItCameBackStaysStopped() async throws {
            try await with([("again", "always")]) { client in
                let fault = try await client.inject("process.kill", ["unit": "again"])
                try await Lab.eventually("systemd brings it back", within: .seconds(5)) { try await Lab.state(of: "again") == "active" }
                try await Lab.node("systemctl stop again")
                let ended = try await client.end(fault.id).document
                #expect(ended.drift.contains { $0.contains("stopped again, not by faultd") }, "\(ended.drift)")
                #expect(try await Lab.state(of: "again") == "inactive")
            }
        }

        @Test func aBareProcessMustBeAskedFor() async throws {
            try await Lab.restoring { client in
                try await Lab.node("systemd-run -q --unit=bare sleep 1000")
                let pid = try await pid(of: "bare")
                await #expect { try await client.inject("process.kill", ["pid": pid]) } throws: { ($0 as? Problem)?.type == .irreversible }
                #expect(try await stat(pid).state == "S")
                let fault = try await client.inject("process.kill", ["pid": pid, "allow_irreversible": "true"])
                #expect(try await stat(pid).state == "gone")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == false && ended.drift.contains { $0.contains("nothing is known that starts it again") }, "\(ended.drift)")
            }
        }

        @Test(arguments: [
            ["pid": "1"], ["name": "^systemd-journal"], ["command": "/usr/bin/faultd"], ["unit": "dbus"], ["name": "^dbus-daemon$"],
            ["cgroup": "/system.slice/systemd-logind.service"],
        ])
        func theProtectedAreRefused(selector: [String: String]) async throws {
            try await Lab.restoring { client in
                for kind in ["process.kill", "process.pause"] {
                    await #expect {
                        _ = try await client.create(form: [("kind", kind), ("lease", "10s")] + selector.map { ($0.key, $0.value) })
                    } throws: { ($0 as? Problem)?.type == .protectedTarget }
                }
            }
        }

        @Test func ofAContainerByItsName() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("process.pause", ["container": "web"])
                let pid = try await Lab.node("docker inspect -f '{{.State.Pid}}' web").text.trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(try await stat(pid).state == "T")
                #expect(try await Lab.node("docker inspect -f '{{.State.Status}}' web").text.hasPrefix("running"))
                await #expect { try await client.inject("process.pause", ["container": "web"]) } throws: { ($0 as? Problem)?.type == .conflict }
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await stat(pid).state == "S")
            }
        }

        @Test func theFirstProcessOfAContainerIsTheContainersEnd() async throws {
            try await Lab.restoring { client in
                let id = try #require(try await Lab.containers()["batch"])
                let pid = try await Lab.node("docker inspect -f '{{.State.Pid}}' batch").text.trimmingCharacters(in: .whitespacesAndNewlines)
                let fault = try await client.inject("process.kill", ["pid": pid])
                try await Lab.eventually("the container is down", within: .seconds(5)) { try await Lab.containers()["batch"] == nil }
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await Lab.containers()["batch"] == id)
            }
        }

        @Test func aRepetitionHitsWhatCameBack() async throws {
            try await with([("again", "always")]) { client in
                let first = try await pid(of: "again")
                let fault = try await client.inject("process.kill", ["unit": "again", "repeat_every": "1s"], lease: "20s")
                try await Lab.eventually("three of them were killed", within: .seconds(15)) {
                    Set(try await client.fault(fault.id).document.evidence.observations?.map(\.subject) ?? []).count >= 3
                }
                _ = try await client.end(fault.id)
                try await Lab.eventually("it runs", within: .seconds(5)) { try await Lab.state(of: "again") == "active" }
                #expect(try await pid(of: "again") != first)
            }
        }
    }
}
