// The strict JSON reader: what it reads, and how it says what is wrong.
import FaultModel
import Testing

@Suite struct JSONTextTests {
    private func parse(_ text: String) throws(Problem) -> JSONValue { try JSONText.parse(Array(text.utf8)) }

    private func complaint(_ text: String) -> String {
        do {
            return "no complaint: \(try parse(text))"
        } catch {
            return error.detail
        }
    }

    @Test func readsEveryTypeAndKeepsTheOrder() throws {
        let value = try parse(#" {"z":[1,-2.5,1e3,0],"a":{"t":true,"f":false,"n":null},"s":"x\n\"é😀\\"} "#)
        let expected: JSONValue = .object([
            .init("z", [1, .double(-2.5), .double(1000), 0]),
            .init("a", .object([.init("t", true), .init("f", false), .init("n", .null)])), .init("s", .string("x\n\"é😀\\")),
        ])
        #expect(value == expected)
    }

    @Test func aWholeNumberThatIsTooLargeBecomesADouble() throws {
        #expect(try parse("9223372036854775807") == .int(.max))
        #expect(try parse("9223372036854775808") == .double(9_223_372_036_854_775_808))
    }

    @Test(arguments: [
        ("", "the JSON ends too early (line 1, column 1)"),
        ("{\"a\":1,}", "a member's name in double quotes must stand here (line 1, column 8)"),
        ("{'a':1}", "a member's name in double quotes must stand here (line 1, column 2)"),
        ("{\n  \"a\" 1}", "a colon must stand after \"a\" (line 2, column 7)"),
        ("{\"a\":1 \"b\":2}", "a comma or the end of the object } must stand here (line 1, column 8)"),
        ("[1 2]", "a comma or the end of the list ] must stand here (line 1, column 4)"),
        ("[1,]", "a JSON value must stand here (line 1, column 4)"),
        ("{\"a\":tru}", "a JSON value must stand here (line 1, column 6)"),
        ("{\"a\":01}", "this is no number that JSON can have (line 1, column 6)"),
        ("[1.]", "this is no number that JSON can have (line 1, column 2)"),
        ("[1e]", "this is no number that JSON can have (line 1, column 2)"),
        ("[-]", "this is no number that JSON can have (line 1, column 2)"),
        ("[1e999]", "this is no number that JSON can have (line 1, column 2)"),
        ("\"abc", "this string has no closing quote (line 1, column 1)"),
        ("\"a\tb\"", "a control character in a string must be written as an escape such as \\n (line 1, column 3)"),
        (#""\x""#, "\\x is no escape that JSON has; a backslash itself is written \\\\ (line 1, column 4)"),
        (#""\u12g4""#, "four hexadecimal digits must stand after \\u (line 1, column 4)"),
        (#""\ud83d""#, "half a surrogate pair (line 1, column 8)"),
        (#""\ude00""#, "half a surrogate pair (line 1, column 8)"),
        ("{} {}", "there is more after the end of the JSON value (line 1, column 4)"),
        ("{\"lease\":\"5m\",\"lease\":\"5h\"}", "\"lease\" is given twice (line 1, column 22)"),
    ])
    func saysWhatIsWrongAndWhere(text: String, expected: String) {
        #expect(complaint(text) == "the body is not JSON: " + expected)
    }

    @Test func refusesWhatIsTooDeepTooManyOrTooLong() {
        #expect(complaint(String(repeating: "[", count: 100_000)).contains("inside each other"))
        #expect(complaint("{" + (0...1024).map { "\"k\($0)\":1" }.joined(separator: ",") + "}").contains("too many members"))
        #expect(complaint("{\"\(String(repeating: "k", count: 257))\":1}").contains("too long a name"))
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(throws: Problem.self) { try JSONText.parse([0x22, 0xC3, 0x28, 0x22]) }
    }
}
