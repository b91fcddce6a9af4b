// An interface set down and up again, in the network namespace of the calling thread.
import FaultModel
import Glibc

struct LinkRestorer {
    let undo: LinkUndo

    /// Duplicate address detection of IPv6 takes a second, and until then no route may prefer the address.
    private static let patience = Duration.seconds(4)
    /// Microseconds.
    private static let pause: UInt32 = 100_000

    static func prepare(_ change: LinkChange, for fault: FaultID, in pin: NamespacePin?) throws(Problem) -> LinkUndo {
        let links = try LinkMessages.list()
        let link = try Interfaces.find(change.interface)
        guard link.isUp else { throw Problem(.noEffect, "\(link.name) is down already: setting it down would change nothing") }
        if link.isLoopback { throw Problem(.protectedTarget, "\(link.name) is the loopback interface: nothing here could talk to itself") }
        if let obstacle = try LinkTables.obstacle(of: link, among: links) {
            throw Problem(
                .impossible, "\(link.name) could not be put back exactly as it is: \(obstacle)", hint: "use node.cut, or network.drop with interface")
        }
        return LinkUndo(
            fault: fault, interface: link.name, index: link.index, entries: try LinkTables.entries(of: link.index).map(\.saved),
            bootID: ProcNet().bootID, namespace: pin)
    }

    /// Nil when it is gone, or another has its number by now.
    private func link() throws(Problem) -> LinkSight? {
        try LinkMessages.list().first { $0.index == undo.index && $0.name == undo.interface }
    }

    func apply() throws(Problem) -> Evidence {
        guard try link() != nil else { throw Problem(.noMatch, "the interface \(undo.interface) is gone") }
        try LinkMessages.set(undo.index, up: false).perform("set \(undo.interface) down")
        let seen = try observe()
        if let drift = seen.drift?.first { throw Problem(.noEffect, drift) }
        return seen
    }

    func observe() throws(Problem) -> Evidence {
        guard let link = try link() else { return Evidence(drift: ["the interface \(undo.interface) is gone"]) }
        let place = undo.namespace.map { " of \($0.container.name)" } ?? ""
        return Evidence(
            observations: [.init("link \(link.name)\(place)", link.isUp ? "up" : "down")],
            drift: link.isUp ? ["somebody set \(link.name) up"] : [])
    }

    // MARK: revert

    /// What somebody else has set up is left up; what went away with it is put back all the same, unless the node booted since.
    func revert() throws(Problem) -> RevertOutcome {
        guard let link = try link() else { return RevertOutcome(.alreadyGone, notes: ["\(undo.interface) is gone, or was made anew"]) }
        if link.isUp, undo.bootID != ProcNet().bootID { return RevertOutcome(.alreadyGone) }
        if !link.isUp { try LinkMessages.set(undo.index, up: true).perform("set \(undo.interface) up") }
        let missing = try missing()
        let left = try putBack(missing)
        guard try self.link()?.isUp == true else { throw Problem(.hostFailure, "\(undo.interface) is still down after it was set up") }
        let count = missing.count - left.count
        return RevertOutcome(
            !link.isUp || count > 0 ? .restored : .alreadyGone, notes: link.isUp && count > 0 ? ["somebody had set \(link.name) up"] : [],
            drift: left.map { "\($0.entry.text) of \(undo.interface) could not be put back: \($0.why)" })
    }

    private func missing() throws(Problem) -> [LinkEntry] {
        let present = try Set(LinkTables.entries(of: undo.index).map(\.identity))
        return undo.entries.compactMap(LinkEntry.init).filter { !present.contains($0.identity) }
    }

    /// In their order, again and again while some can't be made yet.
    private func putBack(_ entries: [LinkEntry]) throws(Problem) -> [(entry: LinkEntry, why: String)] {
        let end = ContinuousClock.now + Self.patience
        var left = entries
        while true {
            var refused: [(entry: LinkEntry, why: String)] = []
            for entry in left {
                let answer = try entry.message.answer("put back a \(entry.kind.rawValue) of \(undo.interface)")
                if ![0, EEXIST].contains(answer.code) { refused.append((entry, answer.words ?? String(cString: strerror(answer.code)))) }
            }
            if refused.isEmpty || ContinuousClock.now >= end { return refused }
            left = refused.map(\.entry)
            usleep(Self.pause)
        }
    }
}
