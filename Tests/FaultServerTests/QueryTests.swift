// Query parameters: what each route takes, and what it says of others.
import FaultModel
import HTTPTypes
import Testing

@testable import FaultServer

@Suite struct QueryTests {
    private func call(_ query: String) -> Call { Call(method: .get, path: "/v1/faults", query: query) }
    private static let id = "01JD6W3V5N8Q2R4T6Y7Z9ABCDE"

    private func errors(_ query: String) -> [Problem.FieldError]? {
        do {
            _ = try FaultFilter.page(call(query))
            return nil
        } catch {
            return error.errors
        }
    }

    @Test func theFiltersOfTheList() throws {
        let text = "state=active,stuck&kind=unit.stop&label=team=edge&label=app.kubernetes.io/name=a%3Db&limit=7&after=\(Self.id.lowercased())"
        let query = try FaultFilter.page(call(text))
        #expect(query.states == [.active, .stuck])
        #expect(query.kind == "unit.stop")
        #expect(query.labels == ["team": "edge", "app.kubernetes.io/name": "a=b"])
        #expect(query.limit == 7)
        #expect(query.after == FaultID(Self.id))
    }

    @Test func filtersMayBeRepeatedAndLabelsNested() throws {
        let query = try FaultFilter.page(call("state=active&state=stuck&label.team=edge"))
        #expect(query.states == [.active, .stuck])
        #expect(query.labels == ["team": "edge"])
    }

    @Test func withoutFiltersEverythingIsMeant() throws {
        let query = try FaultFilter.page(call(""))
        #expect(query.states.isEmpty && query.kind == nil && query.labels.isEmpty && query.after == nil && query.limit == 100)
        #expect(try FaultFilter.all(call("pretty=false")).labels.isEmpty)
    }

    @Test(arguments: [
        ("stat=active", "query.stat", "is not a field of GET /v1/faults; did you mean state?"),
        ("state=activ", "query.state[0]", "must be one of applying, active, reverting, reverted, failed, stuck, not \"activ\"; did you mean active?"),
        ("label=team", "query.label", "must be an object of strings, not a string"),
        ("label=a=1&label=a=2", "query.label.a", "must be a string, not a list"),
        ("limit=0", "query.limit", "must be from 1 to 1000"),
        ("limit=1001", "query.limit", "must be from 1 to 1000"),
        ("limit=ten", "query.limit", "must be a whole number, not \"ten\""),
        ("after=xyz", "query.after", "must be the id of a fault, such as the `next` of the page before"),
    ])
    func whatIsWrongIsNamed(query: String, field: String, message: String) {
        #expect(errors(query) == [.init(field, message)])
    }

    @Test func everyBadParameterIsNamed() {
        #expect(errors("limit=0&stat=1&label=x")?.map(\.field).sorted() == ["query.label", "query.limit", "query.stat"])
    }

    /// A revert of many has no pages: one that stopped at a limit would look like one of all.
    @Test func revertingManyTakesNoLimit() {
        let problem = #expect(throws: Problem.self) { try FaultFilter.all(call("limit=1")) }
        #expect(problem?.type == .unknownField)
    }

    @Test func waitTakesStatesAndATimeout() throws {
        #expect(try FaultWait.read(call("")) == (Set(), .seconds(30)))
        #expect(try FaultWait.read(call("wait=reverted,failed&timeout=1h")) == (Set([.reverted, .failed]), .seconds(3600)))
        #expect(throws: Problem.self) { try FaultWait.read(call("wait=reverted&timeout=61m")) }
        #expect(throws: Problem.self) { try FaultWait.read(call("wait=gone")) }
        #expect(throws: Problem.self) { try FaultWait.read(call("wait=reverted&timeout=30")) }
    }

    @Test func aMalformedIdIsNotFoundAndSaysWhatAnIdIs() {
        var call = call("")
        call.parameters = ["id": "42"]
        let problem = #expect(throws: Problem.self) { try call.faultID() }
        #expect(problem?.status == 404)
        #expect(problem?.hint?.contains("26 letters and digits") == true)
    }
}
