// Documents as the daemon sends them, for every test of this target.
import FaultModel

@testable import FaultClient

enum Samples {
    static let id = "01JD6W0K7Z0000000000AAAA11"
    static let otherID = "01JD6W0K7Z0000000000BBBB22"

    /// 2026-11-22T21:15:00Z, when everything here happens.
    static let time = Timestamp(milliseconds: 1_795_382_100_000)

    static func fault(
        id: String = id, kind: String = "network.drop", state: String = "active", spec: String = dropSpec, evidence: String = "{}",
        changes: String = dropChanges, extra: String = ""
    ) -> String {
        """
        {"id":"\(id)","kind":"\(kind)","state":"\(state)","spec":\(spec),
        "lease":{"duration":"5m","granted_at":"2026-11-22T21:15:00.000Z","expires_at":"2026-11-22T21:20:00.000Z","remaining":"4m12.3s","renewals":0,"fence":1},
        "owner":"ana","requested_by":{"via":"unix","uid":1000,"user":"ana","pid":4242},\(extra)
        "labels":{"team":"edge"},"changes":\(changes),"evidence":\(evidence),
        "created_at":"2026-11-22T21:14:59.000Z","applied_at":"2026-11-22T21:15:00.000Z"}
        """
        .replacing("\"labels\"", with: defaults(but: extra) + "\"labels\"")
    }

    static let dropSpec = #"{"ports":[443],"protocol":"tcp","direction":"out","peers":[],"interface":null}"#
    static let dropChanges = #"[{"apply":"iptables -A X","revert":"iptables -D X","state":"applied","error":null}]"#

    /// What every document has, unless the test says otherwise.
    private static func defaults(but extra: String) -> String {
        let all = [
            ("reason", "\"drill\""), ("backstop", "null"), ("notes", "[]"), ("clean", "null"), ("drift", "[]"), ("reverted_at", "null"),
            ("took", #"{"apply":"1.8ms","revert":null}"#), ("ended_by", "null"), ("error", "null"), ("confirm_by", "null"),
        ]
        return all.filter { !extra.contains("\"\($0.0)\":") }.map { "\"\($0.0)\":\($0.1)," }.joined()
    }

    /// The answer to DELETE /v1/faults; `problem` is what a refusal puts in front.
    static func ended(_ items: String..., refused: [String] = [], problem: String = "") -> String {
        let list = refused.map { #"{"field":"\#($0)","message":"held by bo"}"# }.joined(separator: ",")
        return "{\(problem)\"items\":[\(items.joined(separator: ","))],\"refused\":[\(list)]}"
    }

    static func list(_ items: String..., next: String? = nil) -> String {
        "{\"items\":[\(items.joined(separator: ","))],\"next\":\(next.map { "\"\($0)\"" } ?? "null")}"
    }

    static let kind = #"""
        {"name":"network.drop","summary":"Drops packets silently.","description":"Puts DROP rules into chains of its own.","available":true,
        "unavailable":null,"requires":["netfilter"],"backstop":{"by":"kernel","detail":"xt_time datestop on every rule"},
        "manual":{"touches":"Chains of its own.","undo":"Removes them.","backstop":"The kernel.","next":"Clients wait."},"schema":{"type":"object","properties":{
        "ports":{"type":"array","items":{"oneOf":[{"type":"integer","minimum":1,"maximum":65535},{"type":"string","examples":["8000-8099"]}]},
        "description":"Destination ports."},
        "protocol":{"type":"string","enum":["tcp","udp","all"],"description":"Which protocol.","default":"all"},
        "direction":{"type":"string","enum":["in","out","both"],"description":"Seen from this node.","default":"out"}},
        "required":["ports"],"additionalProperties":false},
        "examples":[{"title":"Cut off HTTPS","curl":"curl","faultctl":"faultctl inject network.drop port=443 --lease 1m",
        "spec":{"ports":[443],"protocol":"tcp"}}]}
        """#

    static let node = #"""
        {"node":"node-7","version":"0.1.0","boot_id":"b","capabilities":[
        {"capability":"netfilter","available":true,"detail":"iptables-legacy tables","remedy":null},
        {"capability":"container-runtime","available":false,"detail":"no runtime answers","remedy":"start docker"}],
        "policy":{"default_lease":"5m","max_lease":"1h","max_faults":16,"max_targets":10,"protected_units":["ssh.service"],"protected_ports":[22],
        "denied_kinds":[],"require_backstop":false,"admins":[]},"halt":{"halted":false},"active":1,"stuck":[]}
        """#

    static func event(_ seq: Int, _ type: String = "fault.active", fault: String = id, _ message: String = "in force for 5m") -> String {
        #"{"seq":\#(seq),"type":"\#(type)","at":"2026-11-22T21:15:00.120Z","fault":"\#(fault)","message":"\#(message)","data":null}"#
    }

    /// The event as the stream carries it.
    static func frame(_ seq: Int, _ type: String = "fault.active", fault: String = id, _ message: String = "in force for 5m") -> String {
        "id: \(seq)\nevent: \(type)\ndata: \(event(seq, type, fault: fault, message))\n\n"
    }

    static let problem = #"""
        {"type":"unknown-field","title":"Unknown field","status":400,"detail":"spec.prot is not a field of network.drop (and 1 more)",
        "hint":"it takes: ports, protocol","errors":[{"field":"spec.prot","message":"is not a field of network.drop"},
        {"field":"spec.ports[0]","message":"must be a port"}]}
        """#

    static func read<Document: Decodable>(_ text: String) throws -> Document { try Document.reading(Array(text.utf8)) }
}
