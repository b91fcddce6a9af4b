// Server-Sent Events (html.spec.whatwg.org, 9.2): bytes in, messages out.
import FaultModel

/// Takes bytes as they come and gives the messages they complete.
struct EventParser {
    struct Message: Hashable {
        var id: String?
        var data: String
    }

    private var line: [UInt8] = []
    private var data: [String] = []
    private var afterReturn = false
    /// The last `id` seen, which also one without data sets: where to resume.
    private(set) var lastID: String?

    mutating func feed(_ bytes: some Sequence<UInt8>) throws(Problem) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            let endsLine = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            // "\r\n" is one end of a line.
            defer { afterReturn = byte == UInt8(ascii: "\r") }
            if byte == UInt8(ascii: "\n"), afterReturn { continue }
            if endsLine { if let message = endOfLine() { messages.append(message) } } else { line.append(byte) }
            guard line.count <= FaultClient.Bounds.event else { throw Problem(.payloadTooLarge, "an entry of faultd's event stream is too long") }
        }
        return messages
    }

    private mutating func endOfLine() -> Message? {
        let text = String(decoding: line, as: UTF8.self)
        line = []
        guard !text.isEmpty else { return endOfMessage() }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
        switch parts[0] {
        case "id": lastID = value
        case "data": data.append(value)
        default: break  // a comment, or a field that means nothing here
        }
        return nil
    }

    private mutating func endOfMessage() -> Message? {
        guard !data.isEmpty else { return nil }
        defer { data = [] }
        return Message(id: lastID, data: data.joined(separator: "\n"))
    }
}
