// Load, measured by what the kernel counts.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Stress {
        @Test func aCPUIsBusyForItsShareAndFreeAfterwards() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.cpu", ["workers": "1", "load": "30"])
                #expect(fault.backstop?.by == "systemd")
                let unit = WorkerSight.unit(of: fault)
                // Ticks are told per second of the wall clock, so a machine that is busy otherwise only lowers them.
                let percent = try await WorkerSight.number(
                    "g=$(group \(unit)); a=$(cpu $g); s=$(date +%s%N); sleep 2; b=$(cpu $g); e=$(date +%s%N); echo $(((b-a)*100000/(e-s)))")
                #expect(percent >= 3 && percent <= 55, "\(percent) %")
                let seen = try await client.fault(fault.id).document.evidence.observations?.first
                #expect(seen?.state == "running" && (seen?.figures?["cpu_us"] ?? 0) > 0, "\(String(describing: seen))")
                #expect(try await WorkerSight.number("cat /proc/$(systemctl show -p MainPID --value \(unit))/oom_score_adj") == 1000)
                #expect(try await client.end(fault.id).document.clean == true)
                try await WorkerSight.expectNothingLeft()
            }
        }

        @Test func memoryIsWrittenToAndHeldAndNeverTheLastOfIt() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.memory", ["size": "64M"])
                let held = "awk '/VmRSS/ { s += $2 } END { print int(s / 1024) }' $(pgrep stress-ng | sed 's|.*|/proc/&/status|')"
                try await Lab.eventually("64 MiB are held", within: .seconds(5)) { (64...100).contains(try await WorkerSight.number(held)) }
                _ = try await client.end(fault.id)
                try await WorkerSight.expectNothingLeft()
                let problem = await problem { () throws(Problem) in _ = try await client.inject("stress.memory", ["percent": "100"]) }
                #expect(problem?.status == 422 && problem?.detail.contains("stay free") == true, "\(String(describing: problem))")
            }
        }

        @Test func aDiskIsBusyAndTheFilesAreGoneAfterwards() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.io", ["directory": "/var", "size": "4M"])
                let written = "cat /proc/$(pgrep stress-ng-hdd | head -1)/io | sed -n 's/^wchar: //p'"
                let before = try await WorkerSight.number(written)
                try await Lab.eventually("it writes", within: .seconds(5)) { try await WorkerSight.number(written) > before }
                #expect(try await WorkerSight.run("ls -d /var/.faultd-worker-*").contains(fault.id.text.lowercased()))
                _ = try await client.end(fault.id)
                try await WorkerSight.expectNothingLeft()
                let problem = await problem { () throws(Problem) in _ = try await client.inject("stress.io", ["directory": "/nowhere"]) }
                #expect(problem?.status == 422 && problem?.errors?.first?.field == "spec.directory", "\(String(describing: problem))")
            }
        }

        @Test func tasksAreHeldInsideAUnitWhichGoesOnAsItWas() async throws {
            try await Lab.restoring { client in
                let pid = try await WorkerSight.run("systemctl show -p MainPID --value node-agent")
                let fault = try await client.inject("stress.pids", ["count": "50", "unit": "node-agent"])
                let threads = try await WorkerSight.number("cat $(group node-agent)/faultd-worker-*/cgroup.threads | wc -l")
                #expect(threads >= 50 && threads < 70, "\(threads)")
                let clash = await problem { () throws(Problem) in _ = try await client.inject("unit.stop", ["unit": "node-agent"]) }
                #expect(clash?.status == 409, "\(String(describing: clash))")
                _ = try await client.end(fault.id)
                try await WorkerSight.expectNothingLeft()
                #expect(try await WorkerSight.run("systemctl show -p MainPID --value node-agent") == pid)
            }
        }

        @Test func loadRunsInsideAContainersGroupWhichGoesOnAsItWas() async throws {
            let before = try await Lab.containers()["web"]
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.cpu", ["load": "10", "container": "web"])
                let group = try await WorkerSight.run("sed -n 's/^0:://p' /proc/$(pgrep stress-ng-cpu | head -1)/cgroup")
                #expect(group.contains(try #require(before)) && group.contains("/faultd-worker-"), "\(group)")
                _ = try await client.end(fault.id)
                try await WorkerSight.expectNothingLeft()
            }
            #expect(try await Lab.containers()["web"] == before)
        }

        @Test func filesAreHeldOpen() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.files", ["count": "3000"])
                let open = try await WorkerSight.number("ls /proc/$(systemctl show -p MainPID --value \(WorkerSight.unit(of: fault)))/fd | wc -l")
                #expect(open >= 3000 && open < 3100, "\(open)")
                _ = try await client.end(fault.id)
                try await WorkerSight.expectNothingLeft()
            }
        }

        /// The victim's limits are the worker's too: its CPU quota, its number of tasks, its memory; and it is the worker that dies.
        @Test func limitsOfAUnitBite() async throws {
            try await TightNode.with { node, client in
                try await node.run("systemd-run -q --unit=small -p CPUQuota=10% -p TasksMax=30 -p MemoryMax=40M -p MemorySwapMax=0 /bin/sleep inf")
                let ticks = "awk '{ print $14 + $15 }' /proc/$(pgrep stress-ng-cpu | head -1)/stat"
                let cpu = try await client.inject("stress.cpu", ["load": "100", "unit": "small"])
                let used = try await node.run("a=$(\(ticks)); sleep 2; b=$(\(ticks)); echo $((b - a))")
                // 10 % of 2 s are 20 of the kernel's ticks for programs.
                #expect(Int(used.text.trimmingCharacters(in: .whitespacesAndNewlines)).map { (1...50).contains($0) } == true, "\(used.text)")
                _ = try await client.end(cpu.id)
                let pids = try await client.inject("stress.pids", ["count": "100", "unit": "small"])
                let state = pids.evidence.observations?.first?.state ?? ""
                #expect(state.contains("of 100 tasks: Resource temporarily unavailable"), "\(state)")
                #expect((pids.evidence.observations?.first?.figures?["tasks"] ?? 0) < 31, "\(pids.evidence)")
                _ = try await client.end(pids.id)
                let problem = await problem { () throws(Problem) in
                    let memory = try await client.inject("stress.memory", ["size": "80M", "unit": "small"])
                    // Killed at once, it is refused; a little later, it is drift.
                    for _ in 0..<50 where try await client.verify().document.faults.first(where: { $0.id == memory.id })?.drift.isEmpty == true {
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                    let drift = try await client.fault(memory.id).document.drift
                    _ = try await client.end(memory.id)
                    throw Problem(.noEffect, "\(drift)")
                }
                #expect(problem?.detail.contains("the worker (80 MiB of memory held)") == true, "\(String(describing: problem))")
                #expect(try await node.run("systemctl is-active small").text.hasPrefix("active"))
                #expect(try await node.run("find /sys/fs/cgroup -name 'faultd-worker*'").text == "")
            }
        }

        private func problem(_ work: () async throws(Problem) -> Void) async -> Problem? {
            do {
                try await work()
                return nil
            } catch { return error }
        }
    }
}
