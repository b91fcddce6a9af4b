// Values between text and themselves.
import FaultModel
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("250ms", 250_000_000), ("90s", 90_000_000_000), ("5m", 300_000_000_000), ("1h30m", 5_400_000_000_000), ("PT5M", 300_000_000_000),
        ("PT1H30M", 5_400_000_000_000), ("1.5s", 1_500_000_000), ("1d", 86_400_000_000_000),
    ]) func durationsAreRead(_ text: String, _ nanoseconds: Int) {
        #expect(Duration(text: text)?.nanoseconds == Int64(nanoseconds))
    }

    @Test(arguments: ["", "5", "5 m", "m5", "PT", "-5s", "5x", "1h 30m", "999999999h", "1e3s"]) func whatIsNoDurationIsRefused(_ text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: [
        ("1h30m", "1h30m"), ("90s", "1m30s"), ("252.3s", "4m12.3s"), ("250ms", "250ms"), ("0s", "0ms"), ("3600s", "1h"), ("61.001s", "1m1.001s"),
    ]) func durationsAreWrittenShort(_ text: String, _ written: String) {
        #expect(Duration(text: text)?.text == written)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z"), (1_790_000_000_000, "2026-09-21T14:13:20.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ]) func timesAreRFC3339(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).text == text)
        #expect(Timestamp(text: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7"), ("::1", "::1"), ("FD00:0:0:0::/8", "fd00::/8"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:192.0.2.1", "::ffff:c000:201"), ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"),
    ]) func networksAreNormalised(_ text: String, _ normal: String) {
        #expect(CIDR(text: text)?.text == normal)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "256.1.1.1", "010.0.0.1", "1:2:3", ":::1", "fd00::/129", "10.0.0.0/", "::1::2", "1.2.3.4/+8", "db"])
    func whatIsNoNetworkIsRefused(_ text: String) {
        #expect(CIDR(text: text) == nil)
    }

    @Test func idsSortByTimeAndAreReadBack() throws {
        let early = FaultID(time: Timestamp(milliseconds: 1_790_000_000_000), random: (.max, .max))
        let late = FaultID(time: Timestamp(milliseconds: 1_790_000_000_001), random: (0, 0))
        #expect(early < late)
        #expect(early.text.count == 26)
        #expect(FaultID(early.text.lowercased()) == early)
        #expect(FaultID(mark: early.mark) == early)
        #expect(FaultID("not-an-id") == nil)
        #expect(FaultID(mark: "other:" + early.text) == nil)
    }

    @Test(arguments: [
        ("*", "x", true), ("docker*", "docker.socket", true), ("ssh?.service", "sshd.service", true), ("ssh.service", "sshd.service", false),
        ("a*c", "abb", false),
    ])
    func globsMatchAsSystemctlsDo(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(Glob.matches(pattern, text) == matches)
    }

    @Test(arguments: [("prots", "ports"), ("dockerk.service", "docker.service"), ("knid", "kind")]) func theNearestNameIsFound(
        _ typed: String, _ meant: String
    ) {
        #expect(nearest(to: typed, among: ["ports", "docker.service", "kind", "protocol"]) == meant)
    }

    @Test func aFarNameIsNoSuggestion() { #expect(nearest(to: "zebra", among: ["ports", "kind"]) == nil) }
}
