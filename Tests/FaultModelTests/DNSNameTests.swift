// Names and answers of DNS faults between text, questions and themselves.
import FaultModel
import Testing

@Suite struct DNSNameTests {
    @Test func `a name is read in lower case and without its last dot`() throws {
        #expect(DNSName("DB.Example.com.")?.text == "db.example.com")
        #expect(DNSName("*.Example.com")?.text == "*.example.com")
        #expect(DNSName("_ldap._tcp.dc-1.local")?.labels == ["_ldap", "_tcp", "dc-1", "local"])
        #expect(DNSName("db.example.com")?.wire == [2] + Array("db".utf8) + [7] + Array("example".utf8) + [3] + Array("com".utf8) + [0])
    }

    @Test(arguments: [
        "", ".", "*", "*.", "a..b", ".com", "exa mple.com", "a*b.com", "x.*.com", "10.0.0.1", "b\u{fc}cher.de", "a/b",
        String(repeating: "a", count: 64) + ".com", Array(repeating: "abcdefg", count: 32).joined(separator: "."),
    ]) func `what is no name is refused`(_ text: String) { #expect(DNSName(text) == nil) }

    @Test func `a name means itself alone, and a domain what is below it`() throws {
        let exact = try #require(DNSName("a.com"))
        #expect(exact.matches(["a", "com"]))
        for other in [["x", "a", "com"], ["xa", "com"], ["a", "com", "evil"], ["com"]] { #expect(!exact.matches(other), "\(other)") }
        let below = try #require(DNSName("*.a.com"))
        #expect(below.matches(["x", "a", "com"]) && below.matches(["y", "x", "a", "com"]))
        for other in [["a", "com"], ["xa", "com"], ["x", "b", "com"], ["a", "com", "evil"]] { #expect(!below.matches(other), "\(other)") }
    }

    @Test(arguments: [
        ("a.com", "a.com", true), ("a.com", "b.com", false), ("a.com", "*.com", true), ("a.com", "*.a.com", false), ("*.a.com", "*.com", true),
        ("*.a.com", "*.b.com", false), ("x.y.a.com", "*.a.com", true), ("*.a.com", "*.a.com", true),
    ]) func `two names overlap where one question would meet both`(_ one: String, _ other: String, _ overlap: Bool) throws {
        let (one, other) = (try #require(DNSName(one)), try #require(DNSName(other)))
        #expect(one.overlaps(other) == overlap && other.overlaps(one) == overlap)
    }

    @Test func `a long name is searched for by its end`() throws {
        let name = try #require(DNSName(Array(repeating: "abcdefg", count: 25).joined(separator: ".") + ".com"))
        #expect(name.searched.count == 128 && name.wire.suffix(128) == name.searched[...])
    }

    @Test func `answers are words or addresses`() {
        #expect(DNSAnswer("NXDOMAIN") == .nxdomain && DNSAnswer("servfail") == .servfail && DNSAnswer("timeout") == .timeout)
        #expect(DNSAnswer("192.0.2.1")?.text == "192.0.2.1" && DNSAnswer("2001:db8::1")?.text == "2001:db8::1")
        for wrong in ["", "refused", "192.0.2.0/24", "db.example.com"] { #expect(DNSAnswer(wrong) == nil, "\(wrong)") }
    }
}
