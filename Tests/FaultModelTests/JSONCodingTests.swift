// Values to JSON and back without Foundation, and what Foundation makes of the same.
import FaultModel
import Foundation
import Testing

@Suite struct JSONCodingTests {
    private struct Inner: Codable, Equatable {
        var text: String
        var flag: Bool?
    }
    private enum Choice: Codable, Equatable { case none, one(Inner), both(first: Int, second: [String]) }
    private struct Outer: Codable, Equatable {
        var small: UInt8 = 200
        var large: Int64 = .min
        var part: Double = 0.25
        var whole: Double = 3
        var missing: Int?
        var list: [Inner?] = [Inner(text: "a\"\\\n\u{1}é🙂", flag: true), nil]
        var named: [String: Int64] = ["x": 1]
        var choices: [Choice] = [.none, .one(Inner(text: "", flag: nil)), .both(first: -1, second: ["p", "q"])]
        var json: JSONValue = ["a": ["x", .null, 1]]
        var time = Timestamp(milliseconds: 1_790_000_000_123)
        var span = TextDuration(.milliseconds(1500))
        var id = FaultID(time: Timestamp(milliseconds: 1_790_000_000_000), random: (.max, 7))
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let json = try JSONValue(encoding: Outer())
        #expect(try json.decoded(as: Outer.self) == Outer())
        let parsed = try #require(JSONValue(parsing: json.text().utf8))
        #expect(parsed == json)
        #expect(try parsed.decoded(as: Outer.self) == Outer())
        #expect(try JSONDecoder().decode(Outer.self, from: Data(json.bytes(pretty: true))) == Outer())
    }

    /// What writes itself piece by piece, in every way that an encoder offers.
    private struct Pieces: Encodable {
        private enum Key: String, CodingKey { case object, list, inner, later }
        var spoils = false

        func encode(to encoder: any Encoder) throws {
            var keyed = encoder.container(keyedBy: Key.self)
            var object = keyed.nestedContainer(keyedBy: Key.self, forKey: .object)
            try object.encode(1.5 as Float, forKey: .inner)
            try object.encodeNil(forKey: .later)
            var list = keyed.nestedUnkeyedContainer(forKey: .list)
            try list.encode("a")
            var inner = list.nestedUnkeyedContainer()
            try inner.encode(2)
            _ = list.nestedContainer(keyedBy: Key.self)
            try Inner(text: "s", flag: nil).encode(to: list.superEncoder())
            try true.encode(to: keyed.superEncoder())
            _ = keyed.superEncoder(forKey: .inner)
            if spoils { try object.encode(1, forKey: .later) }
        }
    }
    private struct Nothing: Encodable { func encode(to encoder: any Encoder) throws {} }

    @Test func piecesAreWrittenInTheirOrder() throws {
        let expected = #"{"object":{"inner":1.5,"later":null},"list":["a",[2],{},{"text":"s"}],"super":true,"inner":{}}"#
        #expect(try Pieces().jsonText() == expected)
        #expect(try Nothing().jsonText() == "{}")
        #expect(try [Nothing()].jsonText() == "[{}]")
        #expect(throws: EncodingError.self) { try Pieces(spoils: true).jsonText() }
    }

    @Test func encodedAndAsAValueTheTextIsTheSame() throws {
        for pretty in [false, true] {
            let text = try Outer().jsonText(pretty: pretty)
            #expect(JSONValue(parsing: text.utf8)?.text(pretty: pretty) == text)
        }
        #expect(JSONValue.array([.object([]), .array([])]).text(pretty: true) == "[\n  {},\n  []\n]")
        #expect(JSONValue.object([.init("a\"b", .string("\u{7f}\u{1f}\t/é"))]).text() == #"{"a\"b":"\u007f\u001f\t/é"}"#)
    }

    @Test(arguments: [
        #"{"text":5}"#, #"{"flag":true}"#, #"{"text":"a","flag":"yes"}"#, #"[]"#, #""text""#,
    ]) func whatIsOfAnotherTypeIsRefused(_ text: String) throws {
        let json = try #require(JSONValue(parsing: text.utf8))
        #expect(throws: DecodingError.self) { try json.decoded(as: Inner.self) }
    }

    @Test func numbersThatDoNotFitAreRefused() {
        #expect(throws: DecodingError.self) { try JSONValue.int(256).decoded(as: UInt8.self) }
        #expect(throws: DecodingError.self) { try JSONValue.double(0.5).decoded(as: Int.self) }
        #expect(throws: EncodingError.self) { try JSONValue(encoding: ["n": UInt64.max]) }
    }

    @Test func anErrorSaysWhereItIs() throws {
        let json: JSONValue = ["list": [["text": 1]]]
        struct Lists: Decodable { var list: [Inner] }
        do {
            _ = try json.decoded(as: Lists.self)
            Issue.record("it was read")
        } catch DecodingError.typeMismatch(_, let context) {
            #expect(context.codingPath.map(\.stringValue) == ["list", "text"])
        }
    }

    @Test(arguments: ["2026-11-22T20:44:27Z", "2026-11-22T20:44:27.1Z", "2026-11-22T20:44:27.123456789Z"]) func timesAreRead(_ text: String) {
        #expect(Timestamp(text: text)?.text.hasPrefix(text.dropLast(text.count > 21 ? 8 : 1)) == true)
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T20:44:27", "2026-11-22T20:44:27.Z", "2026-11-22T20:44:27.1234567890Z", "2026-11-22 20:44:27Z",
        "2026-11-22T20:44:2xZ", "2026-11-22T20:44:27.12x4Z", "+026-11-22T20:44:27Z",
    ]) func whatIsNoTimeIsRefused(_ text: String) {
        #expect(Timestamp(text: text) == nil)
    }

    @Test(arguments: ["PT5", "PT5X", "PT1M1H", "PT1.5H", "P1D", "1.m", ".5s", "5s5", "1mm", "PT1H1H"]) func oddDurationsAreRefused(_ text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: [("PT1.5S", 1500), ("PT1H2M3S", 3_723_000), ("1s500ms", 1500), ("5m5ms", 300_005)]) func oddDurationsAreRead(
        _ text: String, _ milliseconds: Int64
    ) {
        #expect(Duration(text: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "01JD6W3V5N8Q2R4T6Y7Z9ABCD", "01JD6W3V5N8Q2R4T6Y7Z9ABCDEF", "81JD6W3V5N8Q2R4T6Y7Z9ABCDE", "01JD6W3V5N8Q2R4T6Y7Z9ABCDU",
        "01JD6W3V5N8Q2R4T6Y7Z9ABCD\u{E9}",
    ])
    func whatIsNoIDIsRefused(_ text: String) {
        #expect(FaultID(text) == nil)
    }
}
