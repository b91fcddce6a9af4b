// Limits on units, on a node whose cgroups bite.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct UnitLimits {
        /// `calm.service` sleeps already; these burn CPU and take memory.
        private static let busy = "ExecStart=/bin/sh -c \"while :; do :; done\""
        /// 60 MB again and again, and what became of each try.
        private static let greedy =
            "ExecStart=/bin/sh -c \"while :; do head -c 60000000 /dev/zero | tail -c 50000000 >/dev/null; echo $? >>/run/greedy; sleep 0.1; done\""
            + "\\nOOMPolicy=continue"

        private func start(_ node: TightNode, _ name: String, _ service: String) async throws {
            let text = service.replacing("$", with: "$$")
            let started = try await node.run(
                "printf '[Service]\\n\(text)\\n' > /etc/systemd/system/\(name).service; systemctl daemon-reload; systemctl start \(name)")
            try #require(started.status == 0, "\(started.text)")
        }

        private func number(_ node: TightNode, _ script: String) async throws -> Int {
            let text = try await node.run(script).text.trimmingCharacters(in: .whitespacesAndNewlines)
            return try #require(Int(text), "\(script): \(text)")
        }

        /// CPU time of the unit's process in the next two seconds, as a share of one CPU in percent.
        private func share(_ node: TightNode, _ unit: String) async throws -> Int {
            let ticks = "awk '{print $14 + $15}' /proc/$(systemctl show -P MainPID \(unit))/stat"
            return try await number(node, "a=$(\(ticks)); sleep 2; echo $((($(\(ticks)) - a) / 2))")
        }

        private func files(_ node: TightNode) async throws -> String {
            try await node.run("find /run/systemd/system.control /run/systemd/faultd 2>/dev/null").text
        }

        private static let quota =
            "cat /sys/fs/cgroup/cpu/system.slice/busy.service/cpu.cfs_quota_us /sys/fs/cgroup/system.slice/busy.service/cpu.max 2>/dev/null"

        @Test func cpuIsThrottledAndGivenBack() async throws {
            try await TightNode.with { node, client in
                try await start(node, "busy", Self.busy)
                let (files, quota) = (try await files(node), try await node.run(Self.quota).text)
                let fault = try await client.inject("unit.limit", ["unit": "busy", "cpu_quota": "5%"])
                #expect(fault.evidence.observations?.first?.subject == "busy.service CPUQuota=5%")
                let limited = try await share(node, "busy")
                #expect(limited <= 8, "\(limited) % of a CPU")
                print("cpu_quota=5%: \(limited) % of a CPU")
                let throttled = try #require(try await client.fault(fault.id).document.evidence.observations?.first?.figures?["throttled_periods"])
                #expect(throttled >= 5)
                // It holds over a restart by somebody else, and beside a kill by another fault.
                let kill = try await client.inject("unit.kill", ["unit": "busy"])
                _ = try await client.end(kill.id)
                #expect(try await share(node, "busy") <= 8)
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await node.run(Self.quota).text == quota)
                #expect(try await self.files(node) == files)
                let free = try await share(node, "busy")
                print("without: \(free) %")
                #expect(free > 8, "\(free) % of a CPU")
            }
        }

        @Test func memoryAboveTheLimitIsKilledAndTasksAreCounted() async throws {
            try await TightNode.with { node, client in
                try await start(node, "greedy", Self.greedy)
                let files = try await files(node)
                let fault = try await client.inject("unit.limit", ["unit": "greedy", "memory_max": "20M", "tasks_max": "12"])
                try await node.run("rm -f /run/greedy")
                try await Lab.eventually("the kernel kills what takes too much", within: .seconds(10)) {
                    try await node.run("grep -q 137 /run/greedy").status == 0
                }
                let tasks =
                    "cat /sys/fs/cgroup/pids/system.slice/greedy.service/pids.max /sys/fs/cgroup/system.slice/greedy.service/pids.max 2>/dev/null"
                #expect(try await node.run(tasks).text == "12\n")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                try await node.run("rm -f /run/greedy")
                try await Lab.eventually("it gets its memory", within: .seconds(10)) { try await node.run("grep -qx 0 /run/greedy").status == 0 }
                #expect(try await node.run(tasks).text != "12\n")
                #expect(try await self.files(node) == files)
            }
        }

        @Test func ioIsSlowedDownAndWhatCantBeEnforcedIsRefused() async throws {
            try await TightNode.with { node, client in
                // A disk of the node's own: the node's / is an overlay, which has no device.
                try await node.run("dd if=/dev/zero of=/var/lib/docker/lab-io bs=1M count=4 conv=fsync")
                let group = "for f in /sys/fs/cgroup/blkio /sys/fs/cgroup; do test -e $f/system.slice/calm.service/cgroup.procs && break; done"
                let copy = "dd if=/var/lib/docker/lab-io of=/dev/null bs=64k iflag=direct count=32 2>/dev/null"
                let join = "\(group); echo $$ > $f/system.slice/calm.service/cgroup.procs"
                let read = "\(join); a=$(date +%s%N); \(copy); echo $((($(date +%s%N) - a) / 1000000))"
                let fault = try await client.inject("unit.limit", ["unit": "calm", "io_read_bandwidth_max": "/var/lib/docker 1M"])
                let slow = try await number(node, read)
                print("2 MiB at 1 MB/s: \(slow) ms")
                #expect(slow > 1500, "\(slow) ms")
                #expect(try await client.end(fault.id).document.clean == true)
                let fast = try await number(node, read.replacing(join, with: "true"))
                print("without: \(fast) ms")
                #expect(fast < slow)
                let nothing = await #expect(throws: Problem.self) {
                    try await client.inject("unit.limit", ["unit": "calm", "io_read_bandwidth_max": "/proc 1M"])
                }
                #expect(nothing?.type == .noEffect, "\(String(describing: nothing))")
            }
        }

        @Test func withNoDaemonAliveTheLimitGoesWithTheLease() async throws {
            try await TightNode.with { node, client in
                let files = try await files(node)
                let folder = "/run/systemd/system/faultd.service.d"
                try await node.run(
                    "mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(folder)/dead.conf; systemctl daemon-reload")
                let fault = try await client.inject("unit.limit", ["unit": "calm", "tasks_max": "3"], lease: "3s")
                #expect(fault.backstop?.by == "systemd")
                try await node.run("systemctl kill -s KILL faultd")
                #expect(try await node.run("systemctl show -P TasksMax calm").text == "3\n")
                try await Lab.eventually("the timer has removed it", within: .seconds(10)) { try await self.files(node) == files }
                #expect(try await node.run("systemctl show -P TasksMax calm").text != "3\n")
                #expect(try await node.run("systemctl is-active faultd").text != "active\n")
            }
        }
    }
}
