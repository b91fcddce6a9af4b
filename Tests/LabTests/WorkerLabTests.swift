// Workers: a port that is taken, and what ends them when nobody else does.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Workers {
        /// A service that wants the port, started by hand: its exit status says whether it could have it.
        private static func canBind(_ port: Int, _ type: String = "SOCK_STREAM") -> String {
            "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.\(type)); "
                + "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((\"127.0.0.1\", \(port)))'"
        }

        @Test(arguments: ["hold", "reset", "refuse"]) func aTakenPortCanNotBeBound(_ behaviour: String) async throws {
            try await Lab.restoring { client in
                #expect(try await Lab.node(Self.canBind(8080)).status == 0)
                let fault = try await client.inject("network.port-occupy", ["port": "8080", "behaviour": behaviour])
                let refused = try await Lab.node(Self.canBind(8080))
                #expect(refused.status != 0 && refused.text.contains("Address already in use"), "\(refused.text)")
                // curl: 28 timed out, 56 reset, 7 refused, or reset before curl had looked at its connection.
                let met: [String: [Int32]] = ["hold": [28], "reset": [56, 7], "refuse": [7]]
                let reach = try await Lab.node("curl -s -m 1 http://127.0.0.1:8080/")
                #expect(met[behaviour]?.contains(reach.status) == true, "\(behaviour): \(reach.status)")
                _ = try await client.end(fault.id)
                #expect(try await Lab.node(Self.canBind(8080)).status == 0)
                try await WorkerSight.expectNothingLeft()
            }
        }

        @Test func aTakenUDPPortCanNotBeBound() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.port-occupy", ["port": "5353", "protocol": "udp", "address": "127.0.0.1"])
                // For UDP the option lets two share a port that both have it on; ours has not.
                #expect(try await Lab.node(Self.canBind(5353, "SOCK_DGRAM")).status != 0)
                #expect(try await Lab.node(Self.canBind(5353)).status == 0)
                let clash = await Self.problem(client, ["port": "5353", "protocol": "udp"])
                #expect(clash?.status == 409, "\(String(describing: clash))")
                _ = try await client.end(fault.id)
                #expect(try await Lab.node(Self.canBind(5353, "SOCK_DGRAM")).status == 0)
            }
        }

        @Test func aPortInUseIsRefusedWithItsHolderAndAProtectedOneAtAll() async throws {
            try await Lab.node("systemd-run -q --unit=holder python3 -m http.server 8081")
            try await Lab.eventually("it listens", within: .seconds(10)) { try await Lab.connect("127.0.0.1", 8081) == .answered }
            try await Lab.restoring { client in
                let taken = await Self.problem(client, ["port": "8081"])
                #expect(taken?.status == 422 && taken?.detail.contains("(python3)") == true, "\(String(describing: taken))")
                let protected = await Self.problem(client, ["port": "22"])
                #expect(protected?.status == 403, "\(String(describing: protected))")
            }
            try await Lab.node("systemctl stop holder")
        }

        /// The timer stops the workers by systemd's own means, and then runs faultd for the files.
        @Test func withNoDaemonAliveTheBackstopEndsThem() async throws {
            try await withDeadDaemon { client in
                _ = try await client.inject("stress.io", ["directory": "/var", "size": "1M"], lease: "3s")
                _ = try await client.inject("stress.cpu", ["load": "10", "unit": "node-agent"], lease: "3s")
                try await Lab.node("systemctl kill -s KILL faultd")
                #expect(try await WorkerSight.run("pgrep -c stress-ng-").isEmpty == false)
                try await Lab.eventually("all is gone", within: .seconds(8)) { try await WorkerSight.leftovers().isEmpty }
                #expect(try await Lab.state(of: "faultd") != "active")
            }
        }

        /// Not even its program is needed: the timer's service conflicts with the worker.
        @Test func withoutTheProgramTheBackstopEndsThem() async throws {
            try await withDeadDaemon { client in
                _ = try await client.inject("stress.cpu", ["load": "10"], lease: "2s")
                try await Lab.node("systemctl kill -s KILL faultd; mv /usr/bin/faultd /usr/bin/faultd.away")
                #expect(try await WorkerSight.run("pgrep stress-ng").isEmpty == false)
                try await Lab.eventually("it is gone", within: .seconds(8)) { try await WorkerSight.run("pgrep stress-ng").isEmpty }
                try await Lab.node("mv /usr/bin/faultd.away /usr/bin/faultd")
            }
        }

        @Test func aRenewalMovesTheBackstop() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.cpu", ["load": "10"], lease: "2s")
                _ = try await client.renew(fault.id, lease: "60s")
                try await Task.sleep(for: .seconds(4))
                #expect(try await WorkerSight.run("pgrep stress-ng").isEmpty == false)
                #expect(try await client.fault(fault.id).document.state == .active)
                _ = try await client.end(fault.id)
            }
        }

        @Test func oneThatIsKilledIsDriftAndIsNotStartedAgain() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("stress.cpu", ["load": "10"])
                try await Lab.node("kill -9 $(systemctl show -p MainPID --value \(WorkerSight.unit(of: fault)))")
                try await Lab.eventually("it is told", within: .seconds(5)) {
                    let check = try await client.verify().document.faults.first { $0.id == fault.id }
                    return check?.drift.first?.contains("was killed by signal 9") == true
                }
                #expect(try await WorkerSight.run("pgrep stress-ng").isEmpty)
                #expect(try await client.end(fault.id).document.clean == true)
                try await WorkerSight.expectNothingLeft()
            }
        }

        private static func problem(_ client: FaultClient, _ fields: KeyValuePairs<String, String>) async -> Problem? {
            do {
                _ = try await client.inject("network.port-occupy", fields)
                return nil
            } catch { return error }
        }

        /// What is killed stays dead, for a while.
        private func withDeadDaemon(_ body: (FaultClient) async throws -> Void) async throws {
            let dropIn = "/run/systemd/system/faultd.service.d"
            try await Lab.node(
                "mkdir -p \(dropIn); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' > \(dropIn)/dead.conf; systemctl daemon-reload")
            let alive =
                "rm -r \(dropIn); [ ! -e /usr/bin/faultd.away ] || mv /usr/bin/faultd.away /usr/bin/faultd; systemctl daemon-reload; "
                + "systemctl reset-failed faultd; systemctl start faultd"
            do {
                try await Lab.restoring { client in
                    try await body(client)
                    try await Lab.node(alive)
                    try await Lab.settled()
                }
            } catch {
                try await Lab.node(alive)
                throw error
            }
        }
    }
}
