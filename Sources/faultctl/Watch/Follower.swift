// inject --wait: stays with one fault and tells what happens to it.
import FaultClient
import FaultModel
import Glibc

struct Follower {
    let client: FaultClient
    let console: Console
    let shape: ListShape
    private static let period = Duration.milliseconds(500)

    /// Listens before the fault is made, so that nothing is missed.
    func run(_ create: () async throws -> Answer<FaultDocument>) async throws {
        let feed = Feed(client, every: Self.period, signals: [SIGINT, SIGTERM], keys: false)
        defer { feed.stop() }
        var inputs = feed.inputs.makeAsyncIterator()
        try await connected(&inputs)
        var answer = try await create()
        if shape != .json { Inject.show(answer, shape, console) }
        while !Following.isOver(answer.document) {
            guard let input = await inputs.next() else { break }
            if try await react(input, answer.document) { answer = try await client.fault(answer.id) }
        }
        status("")
        try finish(answer)
    }

    private func connected(_ inputs: inout AsyncStream<Input>.Iterator) async throws {
        while let input = await inputs.next() {
            switch input {
            case .update(.connected): return
            case .failed(let problem): throw problem
            case .signal(let number): Terminal.die(of: number)
            case .update, .tick, .key, .snapshot: break
            }
        }
    }

    /// - Returns: whether the fault may be another now.
    private func react(_ input: Input, _ fault: FaultDocument) async throws -> Bool {
        switch input {
        case .update(.event(let event, _)):
            guard event.fault == fault.id else { return false }
            status("")
            if shape == .table { Terminal.write(Terminal.look().text([EventText.line(event, Terminal.look())])) }
            return true
        case .update(.connected): return true
        case .update(.lost(let problem)):
            status("")
            console.remark("\(problem.detail, .warn); trying again")
        case .failed(let problem): throw problem
        case .tick: status(Following.status(fault, Terminal.look(.error)).text(colour: Terminal.look(.error).colour))
        case .signal(let number):
            status("")
            console.remark("\("The fault stays in force", .warn) until its lease ends. End it: \("faultctl revert \(fault.id.short)", .accent)")
            Terminal.die(of: number)
        case .key, .snapshot: break
        }
        return false
    }

    /// The last line of a terminal.
    private func status(_ text: String) {
        if Terminal.Stream.error.isTerminal { Terminal.write("\r\u{1b}[K" + text, to: .error) }
    }

    private func finish(_ answer: Answer<FaultDocument>) throws {
        switch shape {
        case .json: console.raw(answer.body)
        case .id: break
        case .table: console.show(Following.ending(answer.document, Terminal.look()))
        }
        if !FaultSummary.isClean(answer.document) { throw ExitStatus.notClean }
    }
}

/// When waiting is over, and what is said meanwhile.
enum Following {
    /// It ended or can't; or all that was awaited of it were containers, and they are back for good.
    static func isOver(_ fault: FaultDocument) -> Bool {
        if fault.state.isFinal || fault.state == .stuck { return true }
        let evidence = fault.evidence
        guard fault.state == .active, let containers = evidence.containers, !containers.isEmpty, evidence.units == nil, evidence.packets == nil
        else { return false }
        return !repeats(fault) && containers.allSatisfy(\.isSettled)
    }

    private static func repeats(_ fault: FaultDocument) -> Bool {
        guard let span = fault.spec["repeat_every"] else { return false }
        return span != .null
    }

    static func status(_ fault: FaultDocument, _ look: Look) -> Styled {
        let left = max(.zero, fault.lease.expires_at - look.now)
        let missing = (fault.evidence.containers ?? []).filter { !$0.isSettled }
        let what: Styled = missing.isEmpty ? "" : "\(missing.map(\.name).joined(separator: ", ")) not back yet, "
        let line: Styled = "\("waiting:", .accent) \(what)\(left.brief) of the lease left"
        return line.cut(to: (look.width ?? 80) - 1)
    }

    static func ending(_ fault: FaultDocument, _ look: Look) -> [Styled] {
        guard fault.state == .active else {
            return FaultSummary.ending(fault) + EvidenceText.lines(fault.evidence, over: fault.state.isFinal, look).map { "  " + $0 }
        }
        let all = fault.evidence.containers ?? []
        let back = all.filter(\.isBack).count
        let verdict = back == all.count ? Styled("Everything is back.", .good) : Styled("\(back) of \(all.count) are back.", .bad)
        return [verdict] + all.map { "  " + EvidenceText.line($0, look) }
    }
}
