// The node itself: rebooted for real; its clock and kernel, which are the machine's, refused.
import FaultClient
import FaultModel
import Testing

extension LabSuite {
    @Suite(.serialized) struct Power {
        private func inject(_ client: FaultClient, _ kind: String, _ fields: [(String, String)] = []) async throws(Problem) -> FaultDocument {
            try await client.create(form: [("kind", kind), ("allow_irreversible", "true"), ("lease", "5m")] + fields).document
        }

        @Test func theMachinesClockAndKernelAreOutOfReach() async throws {
            try await Lab.restoring { client in
                for (kind, fields) in [("clock.skew", [("offset", "+1h")]), ("node.crash", [])] {
                    let problem = await #expect(throws: Problem.self) { try await inject(client, kind, fields) }
                    #expect(problem?.status == 424 && problem?.hint != nil, "\(kind): \(String(describing: problem))")
                }
            }
        }

        @Test func theNodesEndIsAskedForExplicitlyAndCanBeCalledOff() async throws {
            try await Lab.restoring { client in
                for kind in ["node.reboot", "node.poweroff"] {
                    let problem = await #expect(throws: Problem.self) { try await client.inject(kind, [:]) }
                    #expect(problem?.type == .irreversible)
                }
                let fault = try await inject(client, "node.reboot", [("delay", "1m")])
                let clash = await #expect(throws: Problem.self) { try await inject(client, "node.poweroff", [("delay", "1m")]) }
                #expect(clash?.status == 409)
                let ended = try await client.end(fault.id).document
                #expect(ended.state == .reverted && ended.notes.contains("called off before it happened"))
            }
        }

        @Test func aPendingRebootDiesWithTheDaemon() async throws {
            try await Lab.restoring { client in
                let fault = try await inject(client, "node.reboot", [("delay", "5s")])
                let before = try await Lab.socket()
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.settled()
                let ended = try await Lab.anew { try await $0.fault(fault.id).document }
                #expect(ended.state == .reverted && ended.ended_by == .restart)
                try await Task.sleep(for: .seconds(6))
                #expect(try await Lab.socket() == before, "the node is the same one")
            }
        }

        @Test(arguments: ["false", "true"]) func theNodeRebootsAndTheFaultIsClosedAfterIt(_ force: String) async throws {
            try await Lab.restoringOverABoot { client in
                let before = try await Lab.socket()
                let rule = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
                let fault = try await inject(client, "node.reboot", [("force", force)])
                #expect(fault.state == .active, "the answer comes before the node goes")
                try await Lab.eventually("the node is a new one", within: .seconds(90)) {
                    let now = try await Lab.socket()
                    return now != before && now.hasPrefix("/proc/")
                }
                let up = try await Lab.run(try Lab.setting("FAULTD_LAB"), "waitup", try Lab.setting("FAULTD_LAB_NODE"))
                #expect(up.status == 0)
                try await Lab.node("docker start batch")
                try await Lab.settled()
                let ended = try await Lab.anew { try await $0.fault(fault.id).document }
                #expect(ended.state == .reverted && ended.ended_by == .reboot && ended.clean == true, "\(ended)")
                #expect(ended.notes.contains { $0.hasPrefix("the node has booted anew") }, "\(ended.notes)")
                #expect(try await Lab.anew { try await $0.fault(rule.id).document.state } == .reverted)
            }
        }
    }
}
