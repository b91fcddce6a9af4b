// Answers, byte by byte.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct NameReplyTests {
    private func query(_ type: UInt16 = RecordType.a) throws -> NameQuery {
        try #require(NameQuery(packet: QueryBytes.ipv4(QueryBytes.message("dB.example.com", type: type))))
    }

    @Test(arguments: [(DNSAnswer.nxdomain, UInt8(3)), (DNSAnswer.servfail, UInt8(2))])
    func `an error repeats the question as it was asked, and says nothing else`(_ answer: DNSAnswer, _ code: UInt8) throws {
        let query = try query()
        let message = NameReply(query: query, answers: [answer]).message
        #expect(Array(message[..<12]) == [0xAB, 0xCD, 0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0])
        #expect(message[12...] == query.message[12...])
    }

    @Test func `each address answers for its family, and for the other there is none`() throws {
        let answers = try ["192.0.2.1", "2001:db8::1", "192.0.2.2"].map { try #require(DNSAnswer($0)) }
        let record: [UInt8] = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2]
        let four = try query()
        let message = NameReply(query: four, answers: answers).message
        #expect(message[3] == 0x80 && message[7] == 2)
        #expect(Array(message[four.message.count...]) == record + [1] + record + [2])
        let six = try query(RecordType.aaaa)
        let long = NameReply(query: six, answers: answers).message
        #expect(long[7] == 1 && Array(long.suffix(18)) == [0, 16, 0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1])
        let none = NameReply(query: six, answers: [answers[0]]).message
        #expect(none[3] == 0x80 && none[7] == 0 && none.count == six.message.count)
        let any = try query(RecordType.any)
        #expect(NameReply(query: any, answers: answers).message[7] == 3)
    }

    @Test func `it comes from the server that was asked, to the port that asked`() throws {
        let packet = NameReply(query: try query(), answers: [.nxdomain]).packet
        #expect(Array(packet[12..<24]) == [10, 0, 0, 53, 10, 0, 0, 5, 0, 53, 0x9C, 0x40])
        #expect(Int(packet[2]) << 8 | Int(packet[3]) == packet.count && Int(packet[25]) == packet.count - 20)
    }

    @Test func `the checksum is right in both families, over an odd count too`() throws {
        for name in ["db.example.com", "dbx.example.com"] {
            for packet in [QueryBytes.ipv4(QueryBytes.message(name)), QueryBytes.ipv6(QueryBytes.message(name))] {
                let query = try #require(NameQuery(packet: packet))
                let reply = NameReply(query: query, answers: [.servfail]).packet
                let udp = Array(reply.dropFirst(query.family == .ipv4 ? 20 : 40))
                let pseudo = query.source + query.destination + [0, 17, 0, UInt8(udp.count)] + udp + (udp.count % 2 == 0 ? [] : [0])
                let sum = stride(from: 0, to: pseudo.count, by: 2).reduce(0) { $0 + Int(pseudo[$1]) << 8 + Int(pseudo[$1 + 1]) }
                // What is right adds up to ones; see RFC 1071.
                #expect((sum & 0xFFFF + sum >> 16) & 0xFFFF == 0xFFFF && sum > 0)
            }
        }
    }
}
