// A configuration that somebody breaks while faults are in force: whatever undoes them does without it.
import FaultClient
import FaultModel
import Testing

extension LabSuite {
    @Suite(.serialized) struct ConfigurationFile {
        @Test func brokenItDoesNotKeepTheStopFromUndoing() async throws {
            try await withABrokenFile(lease: "60s") {
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.eventually("ExecStopPost= lets the process go on", within: .seconds(10)) { try await isRunning() }
            }
        }

        @Test func brokenItDoesNotKeepTheBackstopFromUndoing() async throws {
            try await withABrokenFile(lease: "4s") {
                try await Dead.begin()
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.eventually("the timer lets the process go on", within: .seconds(15)) { try await isRunning() }
                try await Dead.end()
            }
        }

        private func withABrokenFile(lease: String, _ body: () async throws -> Void) async throws {
            try await Lab.restoring { client in
                try await Lab.node("cp /etc/faultd/faultd.yaml /run/lab-faultd.yaml; systemd-run -q --unit lab-victim sleep 600")
                let fault = try await client.inject("process.pause", ["unit": "lab-victim"], lease: lease)
                #expect(try await !isRunning())
                try await Lab.node("echo 'polcy: {}' >>/etc/faultd/faultd.yaml")
                do { try await body() } catch { Issue.record(error) }
                try await Lab.node("cp /run/lab-faultd.yaml /etc/faultd/faultd.yaml; systemctl reset-failed faultd; systemctl restart faultd")
                try await Lab.settled()
                #expect(try await Lab.anew { try await $0.fault(fault.id).document.state } == .reverted)
                try await Lab.node("systemctl stop lab-victim")
            }
        }

        private func isRunning() async throws -> Bool {
            try await Lab.node("ps -o stat= -p $(systemctl show -P MainPID lab-victim)").text.hasPrefix("S")
        }
    }
}
