// Answers DNS queries for some names in their server's place, and lets every other pass.
public import FaultModel

/// Works where it is run: in that network namespace.
public final class NameResponder {
    private let names: [DNSName]
    private let answers: [DNSAnswer]
    private let queue: PacketQueue
    private let sender: RawSender

    public init(_ names: [DNSName], _ answers: [DNSAnswer], queue: UInt16, mark: UInt32) throws(Problem) {
        (self.names, self.answers) = (names, answers)
        self.queue = try PacketQueue(queue)
        sender = try RawSender(mark: mark)
    }

    public func run() -> Never {
        queue.run { [names, answers, sender] packet, interface in
            guard let query = NameQuery(packet: packet), names.contains(where: { $0.matches(query.labels) }) else { return .pass }
            if answers != [.timeout] {
                sender.send(NameReply(query: query, answers: answers).packet, query.family, to: query.source, interface: interface)
            }
            return .drop
        }
    }
}
