// Which packets are queries, and what they ask.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct NameQueryTests {
    private let plain = QueryBytes.ipv4(QueryBytes.message("dB.eXample.com"))

    @Test func `a query is read in both families, with options too, and in lower case`() throws {
        let four = try #require(NameQuery(packet: plain))
        #expect(four.labels == ["db", "example", "com"] && four.type == RecordType.a)
        #expect(four.source == [10, 0, 0, 5] && four.destination == [10, 0, 0, 53] && four.sourcePort == 40_000 && four.destinationPort == 53)
        // The letters stay as they were asked, and the EDNS record is left out.
        #expect(four.message == Array(QueryBytes.message("dB.eXample.com").dropLast(11)))
        let six = try #require(NameQuery(packet: QueryBytes.ipv6(QueryBytes.message("db.example.com", type: RecordType.aaaa))))
        #expect(six.family == .ipv6 && six.labels == four.labels && six.type == RecordType.aaaa && six.source.last == 5)
        let options = QueryBytes.ipv4(QueryBytes.message("a.com"), options: [1, 1, 1, 0])
        #expect(NameQuery(packet: options)?.labels == ["a", "com"])
    }

    @Test func `what is no query passes`() {
        #expect(NameQuery(packet: QueryBytes.ipv4(QueryBytes.message("a.com", flags: 0x81))) == nil, "an answer")
        #expect(NameQuery(packet: QueryBytes.ipv4(QueryBytes.message("a.com", flags: 0x29))) == nil, "an update")
        #expect(NameQuery(packet: changed(plain, 9, 6)) == nil, "tcp")
        #expect(NameQuery(packet: changed(plain, 6, 0x20)) == nil, "a fragment")
        #expect(NameQuery(packet: changed(plain, 33, 2)) == nil, "two questions")
        #expect(NameQuery(packet: changed(plain, 40, 0xC0)) == nil, "a pointer")
        #expect(NameQuery(packet: changed(plain, 59, 3)) == nil, "another class")
        #expect(NameQuery(packet: changed(plain, 0, 0x55)) == nil, "no IP")
    }

    private func changed(_ packet: [UInt8], _ place: Int, _ byte: UInt8) -> [UInt8] {
        var packet = packet
        packet[place] = byte
        return packet
    }

    /// A question's end is where the packet may be cut; the EDNS record behind it is not looked at.
    @Test func `a packet that was cut short anywhere is no query, and harms nobody`() {
        let question = plain.count - 11
        for count in 0..<question { #expect(NameQuery(packet: Array(plain.prefix(count))) == nil, "\(count) bytes") }
    }

    @Test func `bytes by chance harm nobody`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var packet = plain
            for _ in 0..<4 { packet[Int.random(in: 0..<packet.count, using: &random)] = .random(in: 0...255, using: &random) }
            guard let query = NameQuery(packet: packet) else { continue }
            #expect(query.message.count <= packet.count && !NameReply(query: query, answers: [.nxdomain]).packet.isEmpty)
        }
    }
}
