// Server-Sent Events, byte by byte.
import FaultModel
import Testing

@testable import FaultClient

@Suite struct EventParserTests {
    typealias Message = EventParser.Message

    @Test func readsMessagesWithTheirIds() throws {
        var parser = EventParser()
        let messages = try parser.feed("retry: 2000\n\nid: 7\nevent: x\ndata: {\"a\":1}\n\n: ping\n\nid: 8\ndata: b\n\n".utf8)
        #expect(messages == [Message(id: "7", data: "{\"a\":1}"), Message(id: "8", data: "b")])
    }

    @Test func doesNotMindWhereTheBytesAreCut() throws {
        let text = Array("id: 7\r\ndata: ä\r\ndata: two\r\n\r\nid:8\rdata:b\r\r".utf8)
        for cut in 0...text.count {
            var parser = EventParser()
            let messages = try parser.feed(text[..<cut]) + parser.feed(text[cut...])
            #expect(messages == [Message(id: "7", data: "ä\ntwo"), Message(id: "8", data: "b")], "cut at \(cut)")
        }
    }

    @Test func anIdWithoutDataIsAPlaceToResumeFrom() throws {
        var parser = EventParser()
        #expect(try parser.feed("id: 41\n\n".utf8).isEmpty)
        #expect(parser.lastID == "41")
    }

    @Test func anEndlessLineIsRefused() throws {
        var parser = EventParser()
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<4 { _ = try parser.feed(part) }
        #expect(throws: Problem.self) { try parser.feed([UInt8(ascii: "x")]) }
    }
}
