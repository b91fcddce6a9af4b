// Network faults inside containers and pods: measured from the container, from its neighbours and from the node.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Inside {
        private static let drop: KeyValuePairs = ["container.name": "^web$", "protocol": "tcp", "port": "443"]

        /// Whether a container gets a line back from the peer.
        private func reaches(_ container: String, _ port: Int = 443) async throws -> Bool {
            try await Lab.node("docker exec \(container) sh -c 'echo ping | nc -w 2 \(Lab.peer4) \(port)' | grep -q ping").status == 0
        }

        /// What `iptables-save` shows inside, without what the kernel sets up when it is first asked.
        private func rules(of container: String) async throws -> String {
            let pid = "$(docker inspect -f '{{.State.Pid}}' \(container))"
            return try await Lab.node("for t in iptables ip6tables; do nsenter -t \(pid) -n $t-legacy -S | grep -v '^-P'; done").text
        }

        @Test func aContainerIsCutAndNeitherItsNeighboursNorTheNode() async throws {
            try await Lab.restoring { client in
                #expect(try await reaches("web"))
                let fault = try await client.inject("network.drop", Self.drop)
                #expect(fault.backstop?.by == "kernel" && fault.notes.contains("inside the network of web"))
                #expect(try await !reaches("web"))
                #expect(try await reaches("web", 80))
                #expect(try await reaches("cache"))
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                let seen = try #require(try await client.fault(fault.id).document.evidence.packets)
                #expect(seen.hitPackets > 0 && seen.rules > 0)
                #expect(try await rules(of: "web").contains(fault.id.text))
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await reaches("web"))
                #expect(try await rules(of: "web") == "")
            }
        }

        @Test func whatComesInIsTheContainersToo() async throws {
            let address = "$(docker inspect -f '{{.NetworkSettings.IPAddress}}' web)"
            try await Lab.restoring { client in
                #expect(try await Lab.node("ping -c 1 -W 1 \(address)").status == 0)
                let fault = try await client.inject("network.drop", ["container.name": "^web$", "direction": "in", "protocol": "icmp"])
                #expect(try await Lab.node("ping -c 1 -W 1 \(address)").status != 0)
                _ = try await client.end(fault.id)
                #expect(try await Lab.node("ping -c 1 -W 1 \(address)").status == 0)
            }
        }

        @Test func severalContainersAreEachCutAndTheLeaseEndsAll() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject(
                    "network.drop", ["container.name": "^(web|cache)$", "protocol": "tcp", "port": "443"], lease: "6s")
                for name in ["web", "cache"] { #expect(try await !reaches(name)) }
                let plan = try await client.fault(fault.id).document
                #expect(plan.notes.contains("inside the network of cache; web"))
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10)).document
                #expect(ended.ended_by == .lease && ended.clean == true)
                for name in ["web", "cache"] { #expect(try await reaches(name)) }
            }
        }

        @Test func aPodOfDockerIsCutInTheNetworkOfItsPauseContainer() async throws {
            let server = "$(docker ps -qf name=k8s_kube-apiserver)"
            try await Lab.restoring { client in
                #expect(try await reaches(server))
                let fault = try await client.inject("network.drop", ["container.pod": "^kube-apiserver", "protocol": "tcp", "port": "443"])
                #expect(try await !reaches(server))
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                // The agent starts another container in the same network: it is cut as well, and the fault is still in force.
                let kill = try await client.inject("container.kill", ["name": "^k8s_kube-apiserver"])
                try await Lab.eventually("it was replaced", within: .seconds(15)) {
                    try await client.fault(kill.id).document.evidence.containers?.allSatisfy { $0.outcome == .replaced } == true
                }
                #expect(try await !reaches(server))
                #expect(try await client.fault(fault.id).document.drift == [])
                _ = try await client.end(fault.id)
                #expect(try await reaches(server))
            }
        }

        @Test func aPodOfContainerdIsCutInItsOwnNetwork() async throws {
            try await OwnPod.with { pod in
                try await Lab.restoring { client in
                    #expect(try await pod.answers())
                    let fault = try await client.inject("network.drop", ["container.pod": "^own-network$", "direction": "in", "protocol": "icmp"])
                    #expect(fault.notes.first?.contains("(pod default/own-network)") == true, "\(fault.notes)")
                    #expect(try await !pod.answers())
                    #expect(try await Lab.node("ping -c 1 -W 1 \(Lab.peer4)").status == 0)
                    let ended = try await client.end(fault.id).document
                    #expect(ended.clean == true && ended.state == .reverted)
                    #expect(try await pod.answers())
                }
            }
        }

        @Test func aContainerThatWasStartedAgainIsNotFaultedAndTheFaultSaysSo() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", Self.drop)
                #expect(try await !reaches("web"))
                let started = try await Lab.node("docker inspect -f '{{.State.StartedAt}}' web").text
                try await Lab.node("kill -9 $(docker inspect -f '{{.State.Pid}}' web)")
                try await Lab.eventually("docker has started it again", within: .seconds(10)) {
                    let now = try await Lab.node("docker inspect -f '{{.State.Running}} {{.State.StartedAt}}' web").text
                    return now.hasPrefix("true") && !now.contains(started)
                }
                #expect(try await reaches("web"))
                try await Lab.eventually("the fault says that it is not in force", within: .seconds(15)) {
                    try await client.fault(fault.id).document.drift.contains { $0.contains("a new one is not faulted") }
                }
                let ended = try await client.end(fault.id).document
                #expect(ended.state == .reverted && ended.clean == true, "\(ended.drift)")
                #expect(try await rules(of: "web") == "")
            }
        }

        @Test func withTheDaemonDeadTheKernelEndsItInsideToo() async throws {
            try await Dead.lasting {
                try await Lab.restoring { client in
                    let fault = try await client.inject("network.drop", Self.drop, lease: "5s")
                    try await Lab.node("systemctl kill -s KILL faultd")
                    #expect(try await !reaches("web"))
                    try await Lab.eventually("the lease and its last second are over", within: .seconds(10)) {
                        fault.lease.expires_at + .seconds(1) < Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
                    }
                    #expect(try await Lab.state(of: "faultd") != "active")
                    #expect(try await reaches("web"))
                    #expect(try await rules(of: "web").contains(fault.id.text))
                    try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
                    try await Lab.settled()
                    #expect(try await rules(of: "web") == "")
                }
            }
        }

        @Test func withTheJournalLostTheMarksInsideAreEnough() async throws {
            try await Dead.lasting {
                try await Lab.restoring { client in
                    let fault = try await client.inject("network.drop", Self.drop)
                    try await Lab.node("systemctl kill -s KILL faultd; rm -f /var/lib/faultd/*")
                    #expect(try await rules(of: "web").contains(fault.id.text))
                    try await Lab.node("systemctl reset-failed faultd; systemctl start faultd")
                    try await Lab.settled()
                    #expect(try await rules(of: "web") == "")
                    #expect(try await reaches("web"))
                }
            }
        }

        /// Such as one of kind's, which is a container: what its own faultd has in force is no orphan of this one.
        @Test func rulesOfANodeInAContainerAreItsOwn() async throws {
            let mark = "faultd:01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let inside = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n iptables-legacy"
            try await Lab.restoring { client in
                try await Lab.node("\(inside) -A INPUT -p tcp --dport 9 -m comment --comment \(mark) -j DROP")
                #expect(try await client.verify().document.orphans.map(\.fault?.text) == ["01ARZ3NDEKTSV4RRFFQ69G5FAV"])
                try await Lab.node("docker exec -d web sh -c 'printf faultd >/proc/$$/comm; sleep 30; true'")
                try await Lab.eventually("a faultd is seen there", within: .seconds(5)) { try await client.verify().document.orphans.isEmpty }
                _ = try await client.removeLeftovers()
                #expect(try await rules(of: "web").contains(mark))
                try await Lab.node("kill $(pgrep -x faultd --nslist net --ns $(docker inspect -f '{{.State.Pid}}' web))")
                try await Lab.eventually("it has ended", within: .seconds(5)) { try await !client.verify().document.orphans.isEmpty }
                let orphan = try #require(try await client.verify().document.orphans.first)
                #expect(orphan.name.contains(" in the network namespace net:["))
                #expect(try await client.removeLeftovers().document.clean)
                #expect(try await rules(of: "web") == "")
            }
        }

        @Test(
            arguments: [
                (["container.name": "^nowhere$"], 422, "no running container matches name=^nowhere$"),
                (["container.image": "lab/work", "container.max": "1"], 403, "would be hit, and max is 1"),
                (["container.pod": "^etcd"], 422, "uses the node's own network"),
                (["container.name": "^web$", "interface": "eth7"], 422, "has no interface eth7"),
                (["container.nmae": "^web$"], 400, "spec.container.nmae is not a field of container; did you mean name?"),
            ] as [([String: String], Int, String)])
        func whatCantBeMeantIsRefused(_ fields: [String: String], _ status: Int, _ words: String) async throws {
            try await Lab.restoring { client in
                let form = [("kind", "network.drop"), ("lease", "60s")] + fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
                let problem = try #require(await #expect(throws: Problem.self) { try await client.create(form: form) })
                #expect(problem.status == status && problem.detail.contains(words), "\(problem)")
                #expect(try await client.faults().document.items.filter { !$0.state.isFinal }.isEmpty)
            }
        }
    }
}
