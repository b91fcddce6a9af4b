// Drivers that replace each other, on the real daemon: two users of the group faultd, and one that runs as root.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Fencing {
        /// A driver: a Unix user, known to the daemon by nothing else. They need no account: the kernel knows them by number.
        struct Driver: Sendable {
            var uid: Int

            static let first = Driver(uid: 4001)
            static let second = Driver(uid: 4002)
            static let root = Driver(uid: 0)

            /// curl as that user, in the group that may use the socket; the status and the body.
            func curl(_ arguments: String) async throws -> (status: Int, body: JSONValue) {
                let user = "setpriv --reuid \(uid) --regid $(getent group faultd | cut -d: -f3) --clear-groups"
                let output = try await Lab.node("\(user) curl -sS --unix-socket /run/faultd/faultd.sock -w '\\n%{http_code}' \(arguments)")
                let lines = output.text.split(separator: "\n")
                let status = try #require(Int(lines.last ?? ""), "\(output.text)")
                return (status, JSONValue(parsing: lines.dropLast().joined(separator: "\n").utf8) ?? .null)
            }

            func inject(_ owner: String) async throws -> String {
                let form = "-d kind=network.drop -d port=443 -d protocol=tcp -d lease=60s -d owner=\(owner)"
                let answer = try await curl("http://node/v1/faults \(form)")
                #expect(answer.status == 201, "\(answer.body.text())")
                return "http://node/v1/faults/\(try #require(answer.body["id"]?.stringValue))"
            }
        }

        private func expect(
            _ answer: (status: Int, body: JSONValue), _ status: Int, _ type: String? = nil, _ place: SourceLocation = #_sourceLocation
        ) {
            #expect(answer.status == status, "\(answer.body.text())", sourceLocation: place)
            #expect(status < 400 || answer.body["type"]?.stringValue == type, "\(answer.body.text())", sourceLocation: place)
        }

        @Test func anotherUserCanNeitherRenewNorEndNorTakeOver() async throws {
            try await Lab.restoring { _ in
                let fault = try await Driver.first.inject("driver-1")
                expect(try await Driver.second.curl("\(fault)/renew -d lease=9m"), 403, "not-owner")
                expect(try await Driver.second.curl("\(fault)/renew -d lease=9m -d owner=driver-1 -d fence=1"), 403, "not-owner")
                expect(try await Driver.second.curl("-X POST \(fault)/takeover"), 403, "not-owner")
                expect(try await Driver.second.curl("-X DELETE \(fault)"), 403, "not-owner")
                expect(try await Driver.second.curl("-X DELETE http://node/v1/faults"), 403, "not-owner")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                expect(try await Driver.first.curl("\(fault)/renew -d lease=2m"), 200)
                expect(try await Driver.first.curl("-X DELETE \(fault)"), 200)
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        /// Root takes it over for the second driver; the first learns that it was replaced, however it asks and even as root.
        @Test func anOldDriverIsFencedOff() async throws {
            try await Lab.restoring { _ in
                let fault = try await Driver.first.inject("driver-1")
                expect(try await Driver.first.curl("\(fault)/renew -d lease=1m -d owner=driver-1 -d fence=1"), 200)
                let taken = try await Driver.root.curl("\(fault)/takeover -d owner=driver-2 -d lease=2m -d fence=1")
                expect(taken, 200)
                #expect(taken.body["owner"]?.stringValue == "driver-2" && taken.body["lease"]?["fence"] == 2)
                expect(try await Driver.root.curl("\(fault)/takeover -d owner=driver-3 -d fence=1"), 409, "fenced")
                for old in [Driver.first, .root] {
                    let refused = try await old.curl("\(fault)/renew -d lease=9m -d fence=1")
                    expect(refused, 409, "fenced")
                    #expect(refused.body["detail"]?.stringValue?.contains("root took it over from driver-1") == true)
                    expect(try await old.curl("\(fault)/renew -d lease=9m -d owner=driver-1"), 403, "not-owner")
                    expect(try await old.curl("-X DELETE '\(fault)?owner=driver-1'"), 403, "not-owner")
                    expect(try await old.curl("-X DELETE '\(fault)?fence=1'"), 409, "fenced")
                }
                expect(try await Driver.first.curl("-X DELETE \(fault)"), 403, "not-owner")
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                expect(try await Driver.root.curl("-X DELETE '\(fault)?owner=driver-2&fence=2'"), 200)
            }
        }

        /// The daemon is killed in between: what it knew of owners is in the journal, keys as well.
        @Test func keysOutliveTheDaemonAndHandNothingToOthers() async throws {
            try await Lab.restoring { _ in
                let key = "-H 'Idempotency-Key: night-12' -d kind=network.drop -d port=443 -d protocol=tcp -d lease=60s"
                let made = try await Driver.first.curl("http://node/v1/faults \(key)")
                expect(made, 201)
                try await Lab.node("systemctl kill -s KILL faultd")
                try await Lab.settled()
                let again = try await Driver.first.curl("http://node/v1/faults \(key)")
                expect(again, 200)
                #expect(again.body["id"] == made.body["id"] && again.body["state"]?.stringValue == "reverted")
                let others = try await Driver.second.curl("http://node/v1/faults \(key)")
                expect(others, 422, "idempotency-key-reused")
                #expect(!others.body.text().contains(made.body["id"]?.stringValue ?? "?"))
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            }
        }

        @Test func anybodyHaltsAndOnlyThatOneOrRootLifts() async throws {
            try await Lab.restoring { _ in
                let fault = try await Driver.first.inject("driver-1")
                expect(try await Driver.second.curl("http://node/v1/halt -d reason=stop"), 200)
                #expect(try await Driver.first.curl(fault).body["ended_by"]?.stringValue == "halt")
                expect(try await Driver.first.curl("-X DELETE http://node/v1/halt"), 403, "not-owner")
                expect(try await Driver.second.curl("-X DELETE http://node/v1/halt"), 200)
            }
        }
    }

    @Suite(.serialized) struct Told {
        @Test func everyKindAndPlanSaysWhatWouldHoldIt() async throws {
            try await Lab.restoring { client in
                let kinds = try await client.kinds().items
                for (name, by) in [
                    ("network.drop", "kernel"), ("network.reject", "kernel"), ("unit.stop", "systemd"), ("container.kill", "systemd"),
                    ("node.cut", "kernel+systemd"),
                ] {
                    let outlook = try #require(kinds.first { $0.name == name }?.backstop)
                    #expect(outlook.by == by, "\(name): \(outlook.detail)")
                    #expect(!outlook.detail.contains("01"), "it names no fault: \(outlook.detail)")
                }
                for (kind, fields) in [
                    ("network.drop", [("port", "443")]), ("unit.stop", [("unit", "node-agent")]), ("container.kill", [("name", "^web$")]),
                ] {
                    let form = [("kind", kind), ("lease", "30s")] + fields
                    let plan = try #require(try await client.plan(form: form).backstop)
                    let fault = try await client.create(form: form).document
                    let real = try #require(fault.backstop)
                    // What was foreseen is what is armed, but for the fault's id and the time that passed meanwhile.
                    #expect(plan.by == real.by && abs((real.at - plan.at).milliseconds) < 5_000)
                    #expect(plan.detail.split(separator: " ").dropFirst() == real.detail.split(separator: " ").dropFirst())
                    _ = try await client.end(fault.id)
                }
            }
        }

        @Test func metricsFollowAFault() async throws {
            try await Lab.restoring { client in
                let before = try await metrics()
                let fault = try await client.inject("network.drop", ["port": "443"])
                let during = try await metrics()
                #expect(during["faultd_faults{kind=\"network.drop\",state=\"active\"}"] == 1)
                #expect((during["faultd_apply_seconds_count"] ?? 0) == (before["faultd_apply_seconds_count"] ?? 0) + 1)
                _ = try await client.end(fault.id)
                let after = try await metrics()
                let ended = "faultd_faults_ended_total{kind=\"network.drop\",ended_by=\"request\"}"
                #expect((after[ended] ?? 0) == (before[ended] ?? 0) + 1)
                #expect(after["faultd_stuck_faults"] == 0 && after["faultd_faults{kind=\"network.drop\",state=\"active\"}"] == 0)
            }
        }

        @Test func theConfigurationNamesAdminsAndMayDemandBackstops() async throws {
            func check(_ policy: String) async throws -> Lab.Output {
                try await Lab.node("printf 'policy:\\n\(policy)' >/tmp/faultd.yaml; faultd check-config --config /tmp/faultd.yaml 2>&1")
            }
            let good = try await check("  admins: [ana, \"1000\"]\\n  require_backstop: true\\n")
            #expect(good.status == 0, "\(good.text)")
            #expect(good.text.contains("admins           root, ana, 1000") && good.text.contains("require_backstop true"), "\(good.text)")
            let group = try await check("  admins: [\"@sre\"]\\n")
            #expect(group.status != 0 && group.text.contains("policy.admins must be names or uids of users"), "\(group.text)")
        }

        private func metrics() async throws -> [String: Double] {
            let text = try await Lab.node("curl -sSf --unix-socket /run/faultd/faultd.sock http://node/metrics").text
            let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(samples.count > 50)
            return Dictionary(
                samples.compactMap { line in
                    guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { return nil }
                    return (String(line[..<space]), value)
                }, uniquingKeysWith: { $1 })
        }

        /// The lock that every writer of the tables takes is held: the revert can't be done, and nobody who asks can miss it.
        @Test func aStuckFaultIsToldEverywhere() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["port": "443"], lease: "8s")
                let hold = "flock /run/xtables.lock sh -c 'touch /run/holds; exec sleep 120'"
                try await Lab.node("rm -f /run/holds; systemd-run -q --collect --unit=lock-holder \(hold)")
                try await Lab.eventually("the lock is held", within: .seconds(2)) { try await Lab.node("test -e /run/holds").status == 0 }
                try await Lab.eventually("it is stuck", within: .seconds(30)) { try await client.fault(fault.id).state == .stuck }
                let ready = try await Lab.node("curl -sS -o /dev/null -w '%{http_code}' --unix-socket /run/faultd/faultd.sock http://node/readyz")
                #expect(ready.text == "503")
                let list = try await Lab.node("faultctl list")
                #expect(list.text.contains("STUCK since") && list.text.contains("faultd: 1 fault is STUCK"))
                #expect(try await Lab.node("faultctl version").text.contains("faultd: 1 fault is STUCK"))
                #expect(try await Lab.node("faultctl verify").status == 5)
                #expect(try await metrics()["faultd_stuck_faults"] == 1)
                #expect(try await Lab.node("systemctl show -p StatusText faultd").text.contains("1 fault STUCK"))
                #expect(try await Lab.node("journalctl -u faultd -p crit --since -1min").text.contains("STUCK"))
                try await Lab.node("systemctl stop lock-holder; rm -f /run/holds")
                let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(45))
                #expect(ended.state == .reverted && client.stuckCount == 0)
                try await Lab.eventually("the status is well again", within: .seconds(5)) {
                    try await Lab.node("systemctl show -p StatusText faultd").text.contains("Ready")
                }
            }
        }
    }
}
