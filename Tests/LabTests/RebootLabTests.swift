// Power off, pulled or switched, with faults in every state: after the boot the node is clean before the socket answers.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Reboot {
        @Test func aPowerCutInEveryState() async throws {
            try await withUnits {
                try await Lab.settled()
                let client = FaultClient(socket: try await Lab.socket())
                let active = try await injectAllKinds(client)
                // Flags in /run, which a boot forgets: from here on a stop or a start hangs, or fails.
                let stuck = try await client.inject("unit.stop", ["unit": "stubborn"])
                try await Lab.node("touch /run/stubborn")
                _ = try await client.end(stuck.id)
                #expect(try await client.fault(stuck.id).document.state == .stuck)
                let reverting = try await client.inject("unit.stop", ["unit": "late"])
                try await Lab.node("touch /run/late")
                let ending = Task { _ = try? await client.end(reverting.id) }
                try await Lab.node("touch /run/lingering")
                let applying = Task { _ = try? await client.inject("unit.stop", ["unit": "lingering"]) }
                let all = try await atWork(client, [.active, .stuck, .reverting, .applying])

                try await labnode("crash")
                async let booted: Void = labnode("boot")
                let first = try await firstAnswer()
                try await booted
                // Both wait for a daemon that is no more.
                for task in [ending, applying] { task.cancel() }
                await client.shutdown()

                for fault in first where all.contains(fault.id) {
                    #expect(fault.state == .reverted && fault.clean == true, "\(fault.kind) is \(fault.state.rawValue): \(fault.drift)")
                    // Why it had to end is not rewritten by the power cut.
                    let cause: EndCause = [stuck.id, reverting.id].contains(fault.id) ? .request : .reboot
                    #expect(fault.ended_by == cause, "\(fault.kind) ended by \(String(describing: fault.ended_by))")
                }
                #expect(Set(first.map(\.id)).isSuperset(of: active))
                try await checkNode()
            }
        }

        @Test func anOrderlyReboot() async throws {
            try await withUnits {
                try await Lab.settled()
                let client = FaultClient(socket: try await Lab.socket())
                // No container's: while systemd takes Docker down, too, undoing them waits in vain, and the boot settles them as in the test above.
                let active = try await injectKindsWithoutContainers(client)
                await client.shutdown()
                let before = try await Lab.socket()
                async let booted: Void = labnode("reboot")
                try await Lab.eventually("the node is a new one", within: .seconds(90)) {
                    let now = try await Lab.socket()
                    return now != before && now.hasPrefix("/proc/")
                }
                let first = try await firstAnswer()
                try await booted
                #expect(Set(first.map(\.id)).isSuperset(of: active))
                for fault in first where active.contains(fault.id) {
                    #expect(fault.state == .reverted && fault.clean == true, "\(fault.kind) is \(fault.state.rawValue): \(fault.drift)")
                    #expect(fault.ended_by == .shutdown, "\(fault.kind) ended by \(String(describing: fault.ended_by))")
                }
                try await checkNode()
            }
        }

        @Test func haltSurvivesAPowerCut() async throws {
            try await Lab.settled()
            let client = FaultClient(socket: try await Lab.socket())
            _ = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
            _ = try await client.halt(reason: "power work")
            await client.shutdown()
            try await labnode("crash")
            try await labnode("boot")
            let again = FaultClient(socket: try await Lab.socket())
            let problem = await #expect(throws: Problem.self) { try await again.inject("network.drop", ["port": "443"]) }
            #expect(problem?.status == 423)
            _ = try await again.resume()
            await again.shutdown()
            try await revive()
        }

        // MARK: faults

        /// One of each kind, and of a container's kill that Docker remembers.
        private func injectAllKinds(_ client: FaultClient) async throws -> [FaultID] {
            try await injectKindsWithoutContainers(client) + [
                try await client.inject("container.kill", ["name": "^web$"]).id,
                try await client.inject("container.kill", ["name": "^keeper$", "method": "api"]).id,
            ]
        }

        private func injectKindsWithoutContainers(_ client: FaultClient) async throws -> [FaultID] {
            [
                try await client.inject("network.drop", ["protocol": "tcp", "port": "443"]).id,
                try await client.inject("network.reject", ["protocol": "tcp", "port": "80"]).id,
                try await client.inject("unit.stop", ["unit": "by-hand"]).id,
                try await client.inject("node.cut", ["protocol": "tcp", "port": "8443", "unit": "node-agent"]).id,
            ]
        }

        /// The faults that are not over, once there is one in each of these states.
        private func atWork(_ client: FaultClient, _ states: Set<FaultState>) async throws -> Set<FaultID> {
            try await Lab.eventually("a fault in each state", within: .seconds(10)) {
                Set(try await client.faults().document.items.map(\.state)).isSuperset(of: states)
            }
            return Set(try await client.faults().document.items.filter { !$0.state.isFinal }.map(\.id))
        }

        // MARK: the node

        private func labnode(_ command: String) async throws {
            let output = try await Lab.run(try Lab.setting("FAULTD_LAB"), command, try Lab.setting("FAULTD_LAB_NODE"))
            #expect(output.status == 0, "\(output.text)")
        }

        /// What the very first answer of the socket says about faults.
        private func firstAnswer() async throws -> [FaultDocument] {
            let end = ContinuousClock.now + .seconds(90)
            while ContinuousClock.now < end {
                // A connection of its own each time: the node's first process, and so the way to the socket, is a new one.
                let answer = try await Lab.cast("curl", "/v1/faults", "-f")
                if answer.status == 0 { return try JSONDecoder().decode(ListDocument<FaultDocument>.self, from: Data(answer.text.utf8)).items }
            }
            Issue.record("the socket did not answer after the boot")
            return []
        }

        /// No rule, what is enabled is up, what was started by hand is not, and what Docker took for stopped by hand runs.
        private func checkNode() async throws {
            #expect(try await Lab.node("iptables-legacy-save; ip6tables-legacy-save").text.contains("faultd") == false)
            for unit in ["node-agent", "stubborn", "late", "lingering"] { #expect(try await Lab.state(of: unit) == "active", "\(unit)") }
            #expect(try await Lab.state(of: "by-hand") == "inactive")
            #expect(try await Lab.containers()["keeper"] != nil)
            #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            let client = FaultClient(socket: try await Lab.socket())
            #expect(try await client.ready().document.ready)
            #expect(try await client.verify().document.orphans.isEmpty)
            await client.shutdown()
        }

        /// Units that hang or fail on request, one that nothing starts at boot, and a container that Docker starts again unless stopped by hand.
        private func withUnits(_ body: () async throws -> Void) async throws {
            try await Lab.settled()
            let before = try await Lab.snapshot()
            try await Lab.node(
                """
                unit() { printf "[Service]\\nExecStart=/bin/sleep inf\\n$2\\n[Install]\\nWantedBy=multi-user.target\\n" >/etc/systemd/system/$1.service; }
                unit by-hand
                unit stubborn "ExecStartPre=/bin/test ! -e /run/stubborn"
                unit late "ExecStartPre=/bin/sh -c 'test ! -e /run/late || sleep 60'"
                unit lingering "ExecStop=/bin/sh -c 'test ! -e /run/lingering || sleep 60'"
                systemctl daemon-reload; systemctl -q enable stubborn late lingering; systemctl start by-hand stubborn late lingering
                docker run -d --name keeper --restart=unless-stopped lab/work:local
                """)
            do { try await body() } catch { Issue.record(error) }
            try await Lab.node(
                """
                systemctl -q disable --now by-hand stubborn late lingering
                rm -f /etc/systemd/system/by-hand.service /etc/systemd/system/stubborn.service
                rm -f /etc/systemd/system/late.service /etc/systemd/system/lingering.service
                systemctl daemon-reload; docker rm -f keeper
                """)
            try await revive()
            try await Lab.eventually("the node is as it was before", within: .seconds(20)) { try await Lab.snapshot() == before }
            #expect(try await Lab.snapshot() == before)
        }

        /// A boot leaves dead what has no restart policy; other tests want it.
        private func revive() async throws {
            try await Lab.node("docker start batch")
            try await Lab.settled()
        }
    }
}
