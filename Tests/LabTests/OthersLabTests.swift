// Operators, Docker and Kubernetes at work on the same node while faults come and go.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Others {
        private static let drop: KeyValuePairs = ["protocol": "tcp", "port": "443"]

        /// What the list says, which nobody looks afresh for: the daemon must have noticed by itself.
        private func listed(_ client: FaultClient, _ id: FaultID) async throws -> FaultDocument {
            try #require(try await client.faults().items.first { $0.id == id })
        }

        private func drifts(_ client: FaultClient, _ id: FaultID) async throws {
            try await Lab.eventually("the fault is listed as drifting", within: .seconds(20)) { try await !listed(client, id).drift.isEmpty }
        }

        private func events(of id: FaultID) async throws -> [Substring] {
            let curl = "curl -s --unix-socket /run/faultd/faultd.sock -H 'Last-Event-ID: 0' 'http://node/v1/events?follow=false'"
            let stream = try await Lab.node(curl)
            return stream.text.split(separator: "\n").filter { $0.hasPrefix("data: ") && $0.contains(id.text) }
        }

        @Test func flushedRulesAreToldByItselfAndNotPutBack() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", Self.drop)
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                try await Lab.node("iptables-legacy -F; ip6tables-legacy -F")
                try await drifts(client, fault.id)
                let drifting = try await listed(client, fault.id)
                #expect(drifting.state == .active && drifting.clean == nil)
                #expect(drifting.drift.contains { $0.hasSuffix("rules are in the kernel; somebody removed the rest") })
                #expect(try await events(of: fault.id).contains { $0.contains(#""type":"fault.drift""#) })
                #expect(try await Lab.node("faultctl list").text.contains("not wholly in force"))
                #expect(try await Lab.node("faultctl verify").status == 5)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(ended.notes.contains { $0.contains("not wholly in force") })
            }
        }

        @Test func aUnitThatIsStartedMeanwhileIsDriftUntilItIsDownAgain() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("unit.stop", ["unit": "node-agent"])
                try await Lab.node("systemctl start node-agent")
                try await drifts(client, fault.id)
                try await Lab.node("systemctl stop node-agent")
                try await Lab.eventually("the drift is over", within: .seconds(10)) { try await listed(client, fault.id).drift.isEmpty }
                #expect(try await events(of: fault.id).contains { $0.contains(#""type":"fault.drift-over""#) })
                #expect(try await client.end(fault.id).document.clean == true)
            }
        }

        /// Its rules come back with the end that they had; verify finds them, and removes them when asked.
        @Test func aTableRestoredFromDuringAFaultIsFoundAndPutRight() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", Self.drop)
                try await Lab.node("iptables-legacy-save -t filter > /run/during.rules")
                #expect(try await client.end(fault.id).document.clean == true)
                try await Lab.node("iptables-legacy-restore < /run/during.rules")
                let found = try await client.verify().document
                #expect(!found.clean && found.orphans.map(\.fault) == [fault.id])
                let other = try await client.inject("network.drop", ["protocol": "tcp", "port": "80"])
                #expect(try await Lab.node("faultctl verify").status == 5)
                let fixed = try await Lab.node("faultctl verify --fix; echo status $?; faultctl verify; rm /run/during.rules")
                #expect(fixed.text.contains("status 0") && fixed.status == 0, "\(fixed.text)")
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                #expect(try await Lab.connect(Lab.peer4, 80) == .timedOut)
                #expect(try await client.end(other.id).document.clean == true)
            }
        }

        /// Docker writes its rules anew when it starts, and operators keep theirs in DOCKER-USER.
        @Test func aRestartedDockerAndAFaultLeaveEachOtherAlone() async throws {
            let user = "-A FORWARD -j DOCKER-USER; iptables-legacy -A DOCKER-USER -p tcp --dport 8 -j DROP"
            try await Lab.node("iptables-legacy -N DOCKER-USER; iptables-legacy \(user)")
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443", "forwarded": "true"])
                let rules = "iptables-nft-save 2>/dev/null | grep -v '^#' | sed 's/ \\[[0-9:]*\\]$//' | sort"
                let before = try await Lab.node(rules).text
                try await Lab.node("systemctl restart docker && docker start batch")
                #expect(try await client.fault(fault.id).document.drift == [])
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await Lab.node(rules).text == before)
            }
            #expect(try await Lab.node("iptables-legacy -S DOCKER-USER").text.contains("-A DOCKER-USER -p tcp -m tcp --dport 8 -j DROP"))
            try await Lab.node("iptables-legacy -D FORWARD -j DOCKER-USER; iptables-legacy -F DOCKER-USER; iptables-legacy -X DOCKER-USER")
            try await Lab.settled()
        }

        @Test func faultsComeAndGoBesideAWriterLikeKubeProxy() async throws {
            let table = #"*filter\n:KUBE-A - [0:0]\n-A KUBE-A -d 10.96.0.%s -j ACCEPT\n-A KUBE-A -j RETURN\nCOMMIT\n"#
            let loop = "n=0; while n=$((n % 250 + 1)); do printf '\(table)' $n | iptables-legacy-restore -w --noflush; sleep 0.05; done"
            try await Lab.node("cat > /run/writer.sh <<'END'\n\(loop)\nEND\nsystemd-run -q --unit=writer sh /run/writer.sh; sleep 0.5")
            for _ in 0..<10 {
                let client = FaultClient(socket: try await Lab.socket())
                let fault = try await client.inject("network.drop", Self.drop)
                #expect(try await client.fault(fault.id).document.drift == [])
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                await client.shutdown()
            }
            let left = try await Lab.node("systemctl is-active writer; systemctl stop writer; iptables-legacy-save -t filter")
            #expect(left.text.hasPrefix("active\n"))
            #expect(left.text.split(separator: "\n").count { $0.hasPrefix("-A KUBE-A ") } == 2)
            #expect(!left.text.contains("FAULTD"))
            try await Lab.node("iptables-legacy -F KUBE-A; iptables-legacy -X KUBE-A; rm /run/writer.sh")
        }
    }
}
