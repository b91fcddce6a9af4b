// Bodies by content type: the same request whichever way it is written.
import FaultModel
import HTTPTypes
import Testing

@testable import FaultServer

@Suite struct PayloadTests {
    private static let form = "application/x-www-form-urlencoded"

    private func call(_ body: String, type: String?) -> Call {
        var headers = HTTPFields()
        headers[.contentType] = type
        return Call(method: .post, path: "/v1/faults", headers: headers, body: Array(body.utf8))
    }

    private func payload(_ body: String, type: String?) throws(Problem) -> Payload { try Payload(call(body, type: type)) }

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json", nil, PayloadTests.form,
    ])
    func bracesAreJSON(type: String?) throws {
        #expect(try payload(" {\"kind\":\"unit.stop\"}\n", type: type) == .json(["kind": "unit.stop"]))
    }

    @Test(arguments: [PayloadTests.form, "application/x-www-form-urlencoded;charset=UTF-8", nil])
    func otherTextIsAForm(type: String?) throws {
        let expected = Payload.form([.init(key: "kind", value: "unit.stop"), .init(key: "reason", value: "game day 12")])
        #expect(try payload("kind=unit.stop&reason=game+day%2012\n", type: type) == expected)
    }

    @Test(arguments: ["application/json", "text/plain", nil]) func nothingIsEmpty(type: String?) throws {
        #expect(try payload(" \n", type: type) == .empty)
    }

    @Test func anotherTypeIsRefused() {
        let problem = #expect(throws: Problem.self) { try payload("<a/>", type: "text/xml") }
        #expect(problem?.status == 415)
        #expect(problem?.detail == "a body of type text/xml is not read here")
    }

    @Test(arguments: [
        "a=%zz", "%", "\u{FFFD}=%ff", String(repeating: "a=1&", count: 1025), String(repeating: "a.", count: 200_000) + "b=1",
        String(repeating: "k", count: 257) + "=1",
    ])
    func aBadFormIsRefused(body: String) {
        let problem = #expect(throws: Problem.self) { try payload(body, type: Self.form) }
        #expect(problem?.type == .badRequest)
    }

    @Test func formAndJSONAreTheSameRequest() throws {
        let form = "kind=network.drop&port=443&protocol=tcp&lease=5m&reason=game%20day%2012&labels.team=edge"
        let json = #"{"kind":"network.drop","spec":{"port":"443","protocol":"tcp"},"lease":"5m","reason":"game day 12","labels":{"team":"edge"}}"#
        var fromForm = try FaultRequest(payload(form, type: Self.form))
        let fromJSON = try FaultRequest(payload(json, type: "application/json"))
        #expect(fromForm.lenient)
        fromForm.lenient = false
        #expect(fromForm == fromJSON)
    }

    @Test(arguments: ["labels.team=edge&labels.app.io/name=x=y", "label=team=edge&label=app.io/name=x%3Dy"])
    func labelsMayBeWrittenAsPeopleDo(form: String) throws {
        let request = try FaultRequest(payload("kind=unit.stop&" + form, type: Self.form))
        #expect(request.labels.values == ["team": "edge", "app.io/name": "x=y"])
        let ofSpec = try FaultRequest(payload("kind=container.kill&spec.label=team%3Dedge", type: Self.form))
        #expect(ofSpec.spec == ["label": ["team": "edge"]])
    }

    @Test func aBodyThatIsNoObjectIsRefused() {
        let problem = #expect(throws: Problem.self) { try FaultRequest(payload("[1]", type: "application/json")) }
        #expect(problem?.detail == "the body must be a JSON object, not a list")
    }

    @Test(arguments: [("{\"leas\":\"5m\"}", "application/json"), ("leas=5m", PayloadTests.form)])
    func anUnknownFieldIsNamedWithTheNearest(body: String, type: String) {
        let problem = #expect(throws: Problem.self) { try payload(body, type: type).read("a renewal") { $0.read(FaultRequest.Fields.lease) } }
        #expect(problem?.type == .unknownField)
        #expect(problem?.errors == [.init("leas", "is not a field of a renewal; did you mean lease?")])
    }
}
