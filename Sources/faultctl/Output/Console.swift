// Where a command's results go: tables for people, or exactly what the daemon said for programs.
import ArgumentParser
import FaultClient
import FaultModel

/// How a result is written.
enum Shape: String, CaseIterable, ExpressibleByArgument {
    case table, json
}

/// The same, for commands that list things with an id.
enum ListShape: String, CaseIterable, ExpressibleByArgument {
    case table, json, id
}

/// A problem on its way out, with the form in which its reader wants it.
struct Refusal: Error {
    var problem: Problem
    var asJSON = false

    func text(_ look: Look) -> String {
        guard asJSON, let json = try? problem.jsonText() else { return look.text(ProblemText.lines(problem)) }
        return json + "\n"
    }
}

/// Writes results to stdout, and what is said beside them to stderr.
struct Console {
    var asJSON = false
    /// Looked up once: the reader's clock stands still while one result is rendered.
    let look = Terminal.look()

    /// The daemon's own bytes, or lines rendered from its document.
    func show<Document>(_ answer: Answer<Document>, _ render: (Document, Look) -> [Styled]) {
        if asJSON { raw(answer.body) } else { show(render(answer.document, look)) }
    }

    func show(_ lines: [Styled]) { Terminal.write(look.text(lines)) }

    func raw(_ body: [UInt8]) { Terminal.write(body.last == UInt8(ascii: "\n") ? body : body + [UInt8(ascii: "\n")]) }

    /// A remark that is no result, such as that a list is empty; a program that reads JSON is spared it.
    func remark(_ line: Styled) {
        if !asJSON { Terminal.write(Terminal.look(.error).text([line]), to: .error) }
    }
}
