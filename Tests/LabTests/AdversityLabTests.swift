// What goes wrong around the daemon: no room, no descriptors, no processes, no memory, and others that hang.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Adversity {
        private static let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

        // MARK: a full disk

        /// `body` with the state folder on a disk of 16 MiB; the daemon runs on it.
        private func onSmallDisk(_ body: (FaultClient) async throws -> Void) async throws {
            try await Lab.restoring { _ in
                try await Lab.node("systemctl stop faultd; mount -t tmpfs -o size=16m,mode=700 small /var/lib/faultd; systemctl start faultd")
                try await Lab.settled()
                let client = FaultClient(socket: try await Lab.socket())
                do { try await body(client) } catch { Issue.record(error) }
                await client.shutdown()
                try await Lab.node("systemctl stop faultd; umount -l /var/lib/faultd; systemctl start faultd")
                try await Lab.settled()
            }
        }

        private func fillDisk() async throws {
            try await Lab.node("cd /var/lib/faultd; dd if=/dev/zero of=filler bs=1M; dd if=/dev/zero of=filler2 bs=4k")
            #expect(try await Lab.node("df --output=avail /var/lib/faultd | tail -1").text.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        }

        @Test func onAFullDiskNothingBeginsAndEverythingEnds() async throws {
            try await onSmallDisk { client in
                let rule = try await client.inject("network.drop", Self.drop, lease: "4s")
                let unit = try await client.inject("unit.stop", ["unit": "node-agent"], lease: "60s")
                try await fillDisk()
                // Until what its files have left is used up, a fault may still be granted; then none is, and nothing is touched.
                var refusal: Problem?
                var granted: [FaultID] = []
                while refusal == nil, granted.count < 2000 {
                    do {
                        let fault = try await client.inject("network.reject", ["protocol": "tcp", "port": "81"], lease: "60s")
                        granted.append(fault.id)
                        _ = try await client.end(fault.id)
                    } catch let problem as Problem { refusal = problem }
                }
                #expect(refusal?.status == 503, "\(String(describing: refusal)) after \(granted.count)")
                #expect(refusal?.detail.contains("full") == true, "\(refusal?.detail ?? "")")
                #expect(try await Lab.connect(Lab.peer4, 81) != .timedOut)
                // In time, and written down.
                let ended = try await client.wait(rule.id, for: .reverted, timeout: .seconds(10)).document
                #expect(ended.state == .reverted && ended.clean == true)
                // Also after the daemon was killed and started on that disk.
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                let (first, taken) = (try await again.fault(rule.id).document, try await again.fault(unit.id).document)
                #expect(first.ended_by == .lease, "the journal did not have its end: \(String(describing: first.ended_by))")
                #expect(taken.state == .reverted, "\(taken.state) \(String(describing: taken.error))")
                #expect(try await Lab.state(of: "node-agent") == "active")
                // Room again, and all is as before.
                try await Lab.node("rm /var/lib/faultd/filler*")
                let later = try await again.inject("network.drop", Self.drop)
                _ = try await again.end(later.id)
                #expect(try await Lab.node("stat -c %b /var/lib/faultd/journal.sqlite.reserve").text.hasPrefix("8192"))
                await again.shutdown()
            }
        }

        @Test func revertWorksOnAFullDiskAndOnOneThatCantBeWritten() async throws {
            try await onSmallDisk { client in
                try await Dead.begin()
                for trouble in ["full", "read-only"] {
                    if trouble == "read-only" {
                        try await Lab.node("rm /var/lib/faultd/filler*; systemctl reset-failed faultd; systemctl start faultd")
                        try await Lab.settled()
                    }
                    let again = FaultClient(socket: try await Lab.socket())
                    _ = try await again.inject("network.drop", Self.drop)
                    _ = try await again.inject("unit.stop", ["unit": "node-agent"])
                    await again.shutdown()
                    if trouble == "full" { try await fillDisk() }
                    // The stop waits until it is dead.
                    try await Lab.node("systemctl kill -s KILL faultd; systemctl stop faultd")
                    if trouble == "read-only" { try await Lab.node("mount -o remount,ro /var/lib/faultd") }
                    let reverted = try await Lab.node("faultd revert --all")
                    #expect(reverted.status == 0, "\(trouble): \(reverted.text)")
                    #expect(reverted.text.components(separatedBy: "  undone").count == 3, "\(trouble): \(reverted.text)")
                    #expect(reverted.text.contains("could not be recorded") == (trouble == "read-only"), "\(trouble): \(reverted.text)")
                    #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                    #expect(try await Lab.state(of: "node-agent") == "active")
                }
                try await Lab.node("mount -o remount,rw /var/lib/faultd")
                try await Dead.end()
            }
        }

        // MARK: descriptors

        @Test func withoutDescriptorsEverythingStillEnds() async throws {
            try await Lab.restoring { client in
                let faults = [
                    try await client.inject("network.drop", Self.drop, lease: "3s"),
                    try await client.inject("unit.stop", ["unit": "node-agent"], lease: "3s"),
                    try await client.inject("container.kill", ["name": "^batch$"], lease: "3s"),
                ]
                let end = ContinuousClock.now + .seconds(3)
                // At the first free number: nothing more can be opened.
                let squeeze = "p=$(systemctl show -P MainPID faultd); n=0; while [ -e /proc/$p/fd/$n ]; do n=$((n + 1)); done"
                try await Lab.node("\(squeeze); prlimit --pid $p --nofile=$n:")
                try await Task.sleep(until: end + .seconds(2), clock: .continuous)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.state(of: "node-agent") == "active")
                #expect(try await Lab.containers()["batch"] != nil)
                try await Lab.node("prlimit --pid $(systemctl show -P MainPID faultd) --nofile=20000:")
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                for fault in faults {
                    let ended = try await again.wait(fault.id, for: .reverted, timeout: .seconds(40)).document
                    #expect(ended.state == .reverted && ended.ended_by == .lease, "\(ended.kind) \(String(describing: ended.error))")
                    let late = ended.reverted_at.map { $0 - fault.lease.expires_at } ?? .seconds(99)
                    #expect(late < .seconds(2), "by the daemon itself, while it could open nothing: \(ended.kind) \(late)")
                }
                await again.shutdown()
            }
        }

        // MARK: processes and memory

        @Test func withoutProcessesOrMemoryLeasesEnd() async throws {
            try await TightNode.with { node, client in
                let rule = try await client.inject("network.drop", ["protocol": "tcp", "port": "4443"], lease: "8s")
                let unit = try await client.inject("unit.stop", ["unit": "calm"], lease: "8s")
                let end = ContinuousClock.now + .seconds(8)
                #expect(try await node.isCut(4443))
                // By then threads that the daemon does not need all the time have ended, and new ones can't be had.
                try await Task.sleep(until: end - .seconds(2), clock: .continuous)
                try node.takeProcesses()
                try await Task.sleep(until: end + .seconds(1), clock: .continuous)
                #expect(try await !node.isCut(4443))
                try node.giveProcesses()
                // Nobody can start a unit without a process; this one starts as soon as there is one.
                for fault in [rule, unit] {
                    let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(40)).document
                    #expect(ended.state == .reverted && ended.clean == true, "\(ended.kind) \(ended.state) \(String(describing: ended.error))")
                }
                #expect(try await node.run("systemctl is-active calm").status == 0)
                try await theOneThatTakesTooMuchIsKilledAndNotTheDaemon(node, client)
            }
        }

        private func theOneThatTakesTooMuchIsKilledAndNotTheDaemon(_ node: TightNode, _ client: FaultClient) async throws {
            let pid = try await node.run("systemctl show -P MainPID faultd").text
            let faults = [
                try await client.inject("network.drop", ["protocol": "tcp", "port": "4443"], lease: "5s"),
                try await client.inject("unit.stop", ["unit": "calm"], lease: "5s"),
            ]
            try node.limitMemory(toMore: 64 << 20)
            let hog = try await node.run("systemd-run --wait --unit hog tail /dev/zero 2>&1; journalctl -u hog -o cat")
            // How systemd tells it depends on the version of cgroups.
            #expect(hog.text.contains("oom-kill") || hog.text.contains("KILL"), "\(hog.text)")
            for fault in faults {
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10)).document
                #expect(ended.state == .reverted && ended.ended_by == .lease)
                #expect(ended.reverted_at.map { $0 - fault.lease.expires_at } ?? .seconds(99) < .seconds(1))
            }
            #expect(try await node.run("systemctl show -P MainPID faultd").text == pid)
        }

        // MARK: others that hang

        @Test func whileDockerHangsOthersAreNotHeldUp() async throws {
            try await Lab.restoring { client in
                let killed = try await client.inject("container.kill", ["name": "^batch$"], lease: "4s")
                try await Lab.node("systemctl kill -s STOP docker containerd")
                let clock = ContinuousClock()
                let took = try await clock.measure {
                    let fault = try await client.inject("network.drop", Self.drop)
                    _ = try await client.end(fault.id)
                    let unit = try await client.inject("unit.stop", ["unit": "node-agent"])
                    _ = try await client.end(unit.id)
                }
                #expect(took < .seconds(3), "\(took)")
                let asked = try await clock.measure {
                    let problem = await #expect(throws: Problem.self) { try await client.inject("container.kill", ["name": "^web$"]) }
                    #expect(problem?.status ?? 0 >= 500 || problem?.detail.contains("answer") == true, "\(String(describing: problem))")
                    _ = try await client.node()
                    _ = try await client.units()
                }
                #expect(asked < .seconds(10), "\(asked)")
                // It can't be started while Docker hangs: tried, told of, and done when Docker is back.
                try await Lab.eventually("the fault is stuck, and told to be", within: .seconds(30)) {
                    try await client.fault(killed.id).document.state == .stuck
                }
                try await Lab.node("systemctl kill -s CONT docker containerd")
                let ended = try await client.wait(killed.id, for: .reverted, timeout: .seconds(40)).document
                #expect(ended.state == .reverted)
                #expect(try await Lab.containers()["batch"] != nil)
            }
        }

        @Test func busAndDockerMayHangOrBeRestartedWhileFaultsAreInForce() async throws {
            try await Lab.node(
                "printf '[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/calm.service; systemctl daemon-reload; systemctl start calm")
            try await Lab.restoring { client in
                let faults = [
                    try await client.inject("network.drop", Self.drop, lease: "6s"),
                    try await client.inject("unit.stop", ["unit": "node-agent"], lease: "6s"),
                    try await client.inject("container.kill", ["name": "^web$"], lease: "6s"),
                ]
                // The one that has no restart policy does not come back by itself from that.
                try await Lab.node("systemctl restart docker; docker start batch")
                try await Lab.node("systemd-run -q sh -c 'systemctl kill -s STOP dbus; sleep 4; systemctl kill -s CONT dbus'")
                let calm = try await client.inject("unit.stop", ["unit": "calm"], lease: "1s")
                for fault in [calm] + faults {
                    let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(20)).document
                    #expect(ended.state == .reverted && ended.ended_by == .lease, "\(ended.kind): \(String(describing: ended.error))")
                    let late = ended.reverted_at.map { $0 - fault.lease.expires_at } ?? .seconds(99)
                    #expect(ended.kind == "container.kill" || late < .seconds(1), "\(ended.kind) was \(late) late")
                }
            }
            try await Lab.node("systemctl stop calm; rm /run/systemd/system/calm.service; systemctl daemon-reload")
        }

        @Test func aUnitThatTakesLongToStopIsBackWhenItsLeaseEnds() async throws {
            let unit =
                "printf '[Service]\\nExecStart=/bin/sh -c \"trap : TERM; while :; do sleep 0.1; done\"\\nTimeoutStopSec=60\\n' > /run/systemd/system/stubborn.service"
            try await Lab.node("\(unit); systemctl daemon-reload; systemctl start stubborn")
            try await Lab.restoring { client in
                let start = ContinuousClock.now
                let problem = await #expect(throws: Problem.self) {
                    try await client.inject("unit.stop", ["unit": "stubborn", "force": "true"], lease: "3s")
                }
                #expect(problem?.status == 409, "\(String(describing: problem))")
                #expect(ContinuousClock.now - start < .seconds(5), "\(ContinuousClock.now - start)")
                #expect(try await Lab.state(of: "stubborn") == "active")
                let fault = try #require(try await client.faults().document.items.first)
                #expect(fault.state == .reverted && fault.ended_by == .lease)
                #expect(fault.notes.contains { $0.contains("it was killed") }, "\(fault.notes)")
            }
            try await Lab.node(
                "systemctl kill -s KILL stubborn; systemctl stop stubborn; rm /run/systemd/system/stubborn.service; systemctl daemon-reload")
        }

        @Test func aStopThatIsSlowIsNotCutShortUnaskedAndTheUnitComesBackAfterIt() async throws {
            let unit =
                "printf '[Service]\\nExecStart=/bin/sh -c \"trap : TERM; while :; do sleep 0.1; done\"\\nTimeoutStopSec=4\\n' > /run/systemd/system/tardy.service"
            try await Lab.node("\(unit); systemctl daemon-reload; systemctl start tardy")
            try await Lab.restoring { client in
                let problem = await #expect(throws: Problem.self) { try await client.inject("unit.stop", ["unit": "tardy"], lease: "2s") }
                #expect(problem?.status == 409, "\(String(describing: problem))")
                #expect(try await Lab.state(of: "tardy") == "active")
                let fault = try #require(try await client.faults().document.items.first)
                #expect(fault.state == .reverted && fault.ended_by == .lease)
                #expect(fault.notes.contains { $0.contains("came back when it had stopped") }, "\(fault.notes)")
            }
            try await Lab.node("systemctl kill -s KILL tardy; systemctl stop tardy; rm /run/systemd/system/tardy.service; systemctl daemon-reload")
        }

        @Test func aHeldTableLockHoldsUpNobodyElse() async throws {
            try await Lab.restoring { client in
                let rule = try await client.inject("network.drop", Self.drop, lease: "2s")
                let end = ContinuousClock.now + .seconds(2)
                let unit = try await client.inject("unit.stop", ["unit": "node-agent"], lease: "2s")
                try await Lab.node("systemd-run -q --unit holder flock /run/xtables.lock sleep 16")
                try await Task.sleep(until: end + .seconds(1), clock: .continuous)
                // The kernel's own end, and the other one's.
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await client.wait(unit.id, for: .reverted, timeout: .seconds(2)).document.state == .reverted)
                try await Lab.eventually("it is stuck, and says why", within: .seconds(12)) {
                    let fault = try await client.fault(rule.id).document
                    return fault.state == .stuck && fault.error?.detail.contains("xtables.lock") == true
                }
                let ended = try await client.wait(rule.id, for: .reverted, timeout: .seconds(25)).document
                #expect(ended.state == .reverted && ended.clean == true)
            }
        }

        // MARK: the daemon itself

        @Test func aDaemonThatHangsIsKilledAndItsFaultsAreTakenBack() async throws {
            let dropIn = "mkdir -p /run/systemd/system/faultd.service.d; printf '[Service]\\nWatchdogSec=2s\\nTimeoutAbortSec=1s\\n'"
            try await Lab.node("\(dropIn) > /run/systemd/system/faultd.service.d/dog.conf; systemctl daemon-reload; systemctl restart faultd")
            try await Lab.restoring { _ in
                let client = FaultClient(socket: try await Lab.socket())
                let fault = try await client.inject("network.drop", Self.drop)
                let pid = try await Lab.node("systemctl show -P MainPID faultd").text
                // Longer than its interval: it is not the watchdog that is too short.
                try await Task.sleep(for: .seconds(3))
                #expect(try await Lab.node("systemctl show -P MainPID faultd").text == pid)
                try await Lab.node("systemctl kill -s STOP faultd")
                try await Lab.eventually("it was killed", within: .seconds(8)) { try await Lab.node("systemctl show -P MainPID faultd").text != pid }
                await client.shutdown()
                try await Lab.settled()
                let again = FaultClient(socket: try await Lab.socket())
                #expect(try await again.fault(fault.id).document.state == .reverted)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                await again.shutdown()
            }
            try await Lab.node("rm -r /run/systemd/system/faultd.service.d; systemctl daemon-reload; systemctl restart faultd")
            try await Lab.settled()
        }
    }
}
