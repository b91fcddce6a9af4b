// faultd in a container of the node: it acts on the node, and what it did is taken back when the container is gone.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Image {
        private static let calm = "[Service]\\nExecStart=/bin/sleep inf\\n"

        private func startCalm() async throws {
            try await Lab.node("printf '\(Self.calm)' >/run/systemd/system/calm.service; systemctl daemon-reload; systemctl start calm")
        }

        private func isPaused(_ name: String) async throws -> Bool {
            try await Lab.node("docker inspect -f '{{.State.Status}}' \(name)").text.hasPrefix("paused")
        }

        /// The node's packets, units, containers, files and programs, each with a backstop, from a container that has none of them.
        @Test(arguments: FaultdPod.Runtime.allCases) func fromAPodItActsOnTheNode(_ runtime: FaultdPod.Runtime) async throws {
            try await startCalm()
            try await FaultdPod.with(runtime) { pod, client in
                #expect(pod.manifest.image.hasPrefix("faultd:"))
                #expect(try await client.node().document.node == FaultdPod.nodeName)
                #expect(try await pod.probe("livenessProbe").status == 0)

                let drop = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                #expect(drop.backstop?.by == "kernel")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await client.end(drop.id).document.clean == true)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)

                let stop = try await client.inject("unit.stop", ["unit": "calm"])
                #expect(try await Lab.state(of: "calm") == "inactive")
                #expect(try await client.end(stop.id).document.clean == true)
                #expect(try await Lab.state(of: "calm") == "active")

                let before = try await Lab.containers()["batch"]
                let kill = try await client.inject("container.kill", ["name": "^batch$"])
                try await Lab.eventually("docker sees that it is dead", within: .seconds(10)) { try await Lab.containers()["batch"] == nil }
                #expect(try await client.end(kill.id).document.clean == true)
                #expect(try await Lab.containers()["batch"] == before)

                // A path means the node's own, and a worker is the node's own process.
                try await Lab.node("mkdir -p /srv/calm; echo as it was >/srv/calm/file")
                let delete = try await client.inject("file.delete", ["path": "/srv/calm/file"])
                #expect(try await Lab.node("test -e /srv/calm/file").status != 0)
                #expect(try await client.end(delete.id).document.clean == true)
                #expect(try await Lab.node("cat /srv/calm/file; rm -r /srv/calm").text == "as it was\n")
                let files = try await client.inject("stress.files", ["count": "64"])
                #expect(try await Lab.node("systemctl is-active 'faultd-worker-*'").text == "active\n")
                #expect(try await client.end(files.id).document.clean == true)
            }
        }

        @Test(arguments: FaultdPod.Runtime.allCases) func aNewPodTakesBackWhatAKilledOneLeft(_ runtime: FaultdPod.Runtime) async throws {
            try await startCalm()
            try await FaultdPod.with(runtime) { pod, client in
                let faults = [
                    try await client.inject("network.drop", ["protocol": "tcp", "port": "443"]),
                    try await client.inject("unit.stop", ["unit": "calm"]),
                    try await client.inject("container.pause", ["name": "^web$"]),
                ]
                try await pod.kill()
                try await Lab.eventually("the probes fail", within: .seconds(10)) { try await pod.probe("livenessProbe").status != 0 }
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await isPaused("web"))
                try await pod.remove()
                try await pod.start()
                for fault in faults {
                    let ended = try await client.fault(fault.id).document
                    #expect(ended.ended_by == .restart && ended.clean == true, "\(ended.kind): \(ended.drift)")
                }
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.state(of: "calm") == "active")
                #expect(try await !isPaused("web"))
            }
        }

        /// Killed, its container removed, its image as well: the copy on the node is what the timers run.
        @Test(arguments: FaultdPod.Runtime.allCases) func withThePodGoneForGoodTheBackstopsEndIt(_ runtime: FaultdPod.Runtime) async throws {
            try await startCalm()
            try await FaultdPod.with(runtime) { pod, client in
                let drop = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"], lease: "5s")
                let stop = try await client.inject("unit.stop", ["unit": "calm"], lease: "5s")
                let pause = try await client.inject("container.pause", ["name": "^web$"], lease: "5s")
                #expect([drop, stop, pause].map(\.backstop?.by) == ["kernel", "systemd", "systemd"])
                let end = ContinuousClock.now + .seconds(5)
                try await pod.kill()
                try await pod.remove()
                #expect(try await isPaused("web"))
                try await Task.sleep(until: end + .seconds(2), clock: .continuous)
                try await Lab.eventually("the timer's faultd has unpaused it", within: .seconds(5)) { try await !isPaused("web") }
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.state(of: "calm") == "active")
                try await pod.start()
                #expect(try await client.fault(pause.id).document.ended_by == .backstop)
            }
        }

        @Test func stoppedItTakesEverythingBackAndEndsWell() async throws {
            try await FaultdPod.with(.docker) { pod, client in
                let drop = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                let stopped = try await pod.stop()
                #expect(stopped.text.split(separator: "\n").last == "0", "\(stopped.text)")
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                try await pod.remove()
                try await pod.start()
                #expect(try await client.fault(drop.id).document.ended_by == .shutdown)
            }
        }

        /// Its own container, the runtime that this one would go down with, and the journal are left alone.
        @Test func itselfIsProtected() async throws {
            try await FaultdPod.with(.docker) { _, client in
                let id = try await Lab.node("docker inspect -f '{{.Id}}' faultd").text.trimmingCharacters(in: .whitespacesAndNewlines)
                let scope = "docker-\(id).scope"
                for (kind, fields): (String, KeyValuePairs<String, String>) in [
                    ("container.kill", ["name": "^faultd$"]), ("container.pause", ["name": "^(web|faultd)$"]),
                    ("unit.stop", ["unit": scope]), ("unit.stop", ["unit": "docker.service"]),
                    ("unit.kill", ["unit": "docker.service"]), ("file.delete", ["path": "/var/lib/faultd/program/faultd"]),
                ] {
                    await #expect("\(kind) \(fields)") { try await client.inject(kind, fields) } throws: {
                        ($0 as? Problem)?.type == .protectedTarget
                    }
                }
                let second = try await Lab.node(
                    "/var/lib/faultd/program/ld-* --library-path /var/lib/faultd/program /var/lib/faultd/program/faultd revert --all")
                #expect(second.status != 0 && second.text.contains("another faultd has the journal"), "\(second.text)")
            }
        }

        /// What it was not given, it names.
        @Test func withoutWhatItNeedsItSaysWhat() async throws {
            try await FaultdImage.load()
            let state = "-v /var/lib/faultd:/var/lib/faultd"
            for (options, complaint) in [
                ("\(FaultdPod.privilege) \(state)", "the first process here has the same root"),
                ("--pid=host --cap-drop=SYS_PTRACE \(state)", "the container must be privileged"),
                ("\(FaultdPod.privilege) --pid=host", "/var/lib/faultd is not the node's /var/lib/faultd"),
            ] {
                let run = try await Lab.node("docker run --rm \(options) \(FaultdImage.name)")
                #expect(run.status == 1 && run.text.contains(complaint), "\(options): \(run.text)")
            }
        }

        /// Not on the node, its timers would run a program that is not there: then none is claimed, and units still come back by themselves.
        @Test func withoutEnteringTheNodeNoBackstopIsClaimedThatIsNone() async throws {
            try await FaultdImage.load()
            try await Lab.settled()
            // The node has the same program, but not this journal.
            let options = "\(FaultdPod.privilege) --pid=host --network=host --entrypoint /usr/bin/faultd -v /run:/run"
            try await Lab.node("docker run -d --name outside \(options) \(FaultdImage.name) serve --state /state --socket /run/outside.sock")
            do {
                let socket = try await Lab.socket().replacing("faultd/faultd.sock", with: "outside.sock")
                try await FaultClient.with(socket: socket) { client in
                    try await Lab.eventually("it answers", within: .seconds(10)) { (try? await client.alive()) != nil }
                    let pause = try await client.plan(form: [("kind", "container.pause"), ("name", "^web$")]).document
                    #expect(pause.backstop == nil && pause.notes.contains { $0.contains("no backstop on this node for containers") }, "\(pause)")
                    let stop = try await client.plan(form: [("kind", "unit.stop"), ("unit", "node-agent")]).document
                    #expect(stop.backstop?.detail.contains("starts node-agent.service") == true)
                }
            } catch { Issue.record(error) }
            try await Lab.node("docker rm -f outside; rm -f /run/outside.sock")
        }
    }
}
