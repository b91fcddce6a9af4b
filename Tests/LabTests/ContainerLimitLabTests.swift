// Limits on containers, on a node whose control groups bite.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct ContainerLimits {
        /// A container that keeps a CPU busy, takes 50 MB again and again in between, and says what became of it.
        private static let work =
            "while :; do i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; head -c 60000000 /dev/zero | tail -c 50000000 >/dev/null; echo $? >>/tmp/tries; done"

        /// Read from outside: `docker exec` needs more memory than the container is left.
        private static let tries = "$(docker inspect -f '{{.GraphDriver.Data.MergedDir}}' busy)/tmp/tries"

        private func start(_ node: TightNode) async throws {
            let script =
                "until docker load -q </usr/lib/lab/work.tar; do sleep 0.2; done; docker run -d --name busy lab/work:local sh -c '\(Self.work)'"
            let started = try await node.run(script)
            try #require(started.status == 0, "\(started.text)")
        }

        /// A file of the container's group, on either version.
        private func file(_ node: TightNode, _ controller: String, _ first: String, _ second: String) async throws -> String {
            let group =
                "$(find /sys/fs/cgroup/\(controller) /sys/fs/cgroup/system.slice /sys/fs/cgroup/docker -maxdepth 3 -type d -name \"*$(docker inspect -f '{{.Id}}' busy)*\" 2>/dev/null | head -n 1)"
            let script = "g=\(group); cat $g/\(first) $g/\(second) 2>/dev/null | cut -d' ' -f1"
            return try await node.run(script).text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private func quota(_ node: TightNode) async throws -> String { try await file(node, "cpu", "cpu.cfs_quota_us", "cpu.max") }

        /// Of one CPU, in percent, over two seconds, of the container's first process.
        private func share(_ node: TightNode) async throws -> Int {
            let used =
                "cat $(find /sys/fs/cgroup -type d -name \"*$(docker inspect -f '{{.Id}}' busy)*\" | sed 's,$,/cpuacct.usage,' | xargs ls 2>/dev/null | head -n 1)"
            let text = try await node.run("a=$(\(used)); sleep 2; echo $((($(\(used)) - a) / 20000000))").text
            return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), "\(text)")
        }

        /// cgroup v1 refuses a limit while more than that is in use, which the container does now and then.
        private func limitMemory(_ client: FaultClient) async throws -> FaultDocument {
            for _ in 0..<80 {
                do {
                    return try await client.inject("container.limit", ["name": "^busy$", "memory": "20MiB", "pids": "30"])
                } catch {
                    try #require(error.type == .noEffect, "\(error)")
                }
                try await Task.sleep(for: .milliseconds(70))
            }
            return try await client.inject("container.limit", ["name": "^busy$", "memory": "20MiB", "pids": "30"])
        }

        @Test func cpuMemoryAndProcessesAreLimitedAndGivenBack() async throws {
            try await TightNode.with { node, client in
                try await start(node)
                let before = try await quota(node)
                let cpu = try await client.inject("container.limit", ["name": "^busy$", "cpus": "0.05"])
                #expect(cpu.backstop?.by == "systemd")
                #expect(try await quota(node) == "5000")
                let limited = try await share(node)
                print("cpus=0.05: \(limited) % of a CPU")
                #expect(limited <= 9, "\(limited) % of a CPU")
                let clash = await #expect(throws: Problem.self) { try await client.inject("container.limit", ["name": "^busy$", "cpus": "0.01"]) }
                #expect(clash?.type == .conflict)
                #expect(try await client.end(cpu.id).document.clean == true)
                #expect(try await quota(node) == before)

                let fault = try await limitMemory(client)
                #expect(try await file(node, "memory", "memory.limit_in_bytes", "memory.max") == "20971520")
                #expect(try await file(node, "pids", "pids.max", "none") == "30")
                try await node.run("rm -f \(Self.tries)")
                try await Lab.eventually("the kernel kills what takes too much", within: .seconds(20)) {
                    try await node.run("grep -q 137 \(Self.tries)").status == 0
                }
                let state = try await node.run("docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' busy").text
                try #require(state.hasPrefix("running"), "\(state)")
                // What somebody else sets meanwhile stays.
                let group =
                    "$(find /sys/fs/cgroup/pids /sys/fs/cgroup/system.slice /sys/fs/cgroup/docker -type d -name \"*$(docker inspect -f '{{.Id}}' busy)*\" 2>/dev/null | head -n 1)"
                try await node.run("echo 40 > \(group)/pids.max")
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == false && ended.drift.contains { $0.contains("pids.max") }, "\(ended.drift)")
                #expect(try await file(node, "pids", "pids.max", "none") == "40")
                try await node.run("rm -f \(Self.tries)")
                try await Lab.eventually("it gets its memory", within: .seconds(20)) {
                    try await node.run("grep -qx 0 \(Self.tries)").status == 0
                }
            }
        }

        @Test func aDiskIsSlowForOneContainerAndTheTimerEndsItWithNobodyAlive() async throws {
            try await TightNode.with { node, client in
                try await start(node)
                try await node.run("dd if=/dev/zero of=/var/lib/docker/lab-io bs=1M count=4 conv=fsync")
                let group =
                    "$(find /sys/fs/cgroup/blkio /sys/fs/cgroup/system.slice /sys/fs/cgroup/docker -type d -name \"*$(docker inspect -f '{{.Id}}' busy)*\" 2>/dev/null | head -n 1)"
                let copy = "dd if=/var/lib/docker/lab-io of=/dev/null bs=64k iflag=direct count=32 2>/dev/null"
                let read = "echo $$ > \(group)/cgroup.procs; a=$(date +%s%N); \(copy); echo $((($(date +%s%N) - a) / 1000000))"
                func time() async throws -> Int {
                    let text = try await node.run(read).text
                    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), "\(text)")
                }
                let nothing = await #expect(throws: Problem.self) {
                    try await client.inject("disk.throttle", ["name": "^busy$", "path": "/proc", "read_bps": "1MiB"])
                }
                #expect(nothing?.type == .impossible)
                let folder = "/run/systemd/system/faultd.service.d"
                try await node.run(
                    "mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(folder)/dead.conf; systemctl daemon-reload")
                _ = try await client.inject("disk.throttle", ["name": "^busy$", "path": "/var/lib/docker", "read_bps": "1MiB"], lease: "10s")
                try await node.run("systemctl kill -s KILL faultd")
                let slow = try await time()
                print("2 MiB at 1 MiB/s: \(slow) ms")
                #expect(slow > 1500, "\(slow) ms")
                try await Task.sleep(for: .seconds(10))
                let fast = try await time()
                print("without: \(fast) ms")
                #expect(fast < 1000, "\(fast) ms")
                #expect(try await node.run("systemctl is-active faultd").text != "active\n")
            }
        }

        @Test func withoutControllersItIsRefused() async throws {
            try await Lab.restoring { client in
                let refused = await #expect(throws: Problem.self) { try await client.inject("container.limit", ["name": "^web$", "cpus": "0.5"]) }
                #expect(refused?.type == .missingDependency, "\(String(describing: refused))")
                let empty = await #expect(throws: Problem.self) { try await client.inject("container.limit", ["name": "^web$"]) }
                #expect(empty?.errors?.first?.field == "spec.cpus")
            }
        }
    }
}
