// Bodies: forms and JSON that say the same are the same.
import FaultModel
import Testing

@Suite struct RequestTests {
    @Test func formsNestByDotsAndListByRepeating() throws {
        let fields = try #require(FormBody.parse("a.b=1&a.c=x%20y&l=1&l=2+3&labels.app.kubernetes.io/name=web&empty="))
        #expect(
            FormBody.object(fields) == [
                "a": ["b": "1", "c": "x y"], "l": ["1", "2 3"], "labels": ["app.kubernetes.io/name": "web"], "empty": "",
            ])
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%ff"]) func badEscapesAreRefused(_ text: String) { #expect(FormBody.parse(text) == nil) }

    @Test func formsSurviveTheRoundTrip() throws {
        let fields = [("name", ".*kube-(api|x)&=+ü %"), ("b", "")]
        let parsed = try #require(FormBody.parse(FormBody.encode(fields)))
        #expect(parsed.map(\.0) == fields.map(\.0))
        #expect(parsed.map(\.1) == fields.map(\.1))
    }

    @Test func envelopeKeysAndSpecAreToldApart() throws {
        let form = try FaultRequest(form: [("kind", "network.drop"), ("port", "443"), ("lease", "5m"), ("labels.team", "edge"), ("reason", "why")])
        #expect(form.kind == "network.drop")
        #expect(form.spec == ["port": "443"])
        #expect(form.lease == .seconds(300))
        #expect(form.labels.values == ["team": "edge"])
        let json = try FaultRequest(json: ["kind": "network.drop", "spec": ["ports": [443]], "lease": "PT5M"])
        #expect(json.lease == form.lease)
        #expect(json.spec == ["ports": [443]])
    }

    @Test func everyBadEnvelopeFieldIsNamed() throws {
        let body: JSONValue = ["knd": "network.drop", "lease": 5, "dry_run": "perhaps"]
        let problem = try #require(#expect(throws: Problem.self) { try FaultRequest(json: body) })
        #expect(problem.errors?.map(\.field) == ["knd", "kind", "lease", "dry_run"])
        #expect(problem.errors?.first?.message.contains("did you mean kind?") == true)
    }

    @Test func jsonKeepsItsOrderAndSpecialCharacters() throws {
        struct Shown: Codable, Equatable {
            var zebra = 1
            var alpha = "a\"\\\n\u{1}ü"
            var list = [1.5, 2]
            var none: Int?
        }
        let json = try JSONValue(encoding: Shown())
        #expect(json.text() == #"{"zebra":1,"alpha":"a\"\\\n\u0001ü","list":[1.5,2.0]}"#)
        #expect(try JSONValue(parsing: json.text().utf8)?.decoded(as: Shown.self) == Shown())
        #expect(JSONValue(parsing: "{".utf8) == nil)
    }

    @Test func everySlugHasAStatusOfTheContract() {
        for slug in Problem.Slug.allCases {
            #expect([400, 403, 404, 405, 409, 413, 415, 422, 423, 424, 429, 500, 503, 504].contains(Problem(slug, "x").status))
        }
    }
}
