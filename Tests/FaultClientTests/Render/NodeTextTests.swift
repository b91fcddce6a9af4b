// Kinds and problems as people read them.
import FaultModel
import Testing

@testable import FaultClient
@testable import faultctl

@Suite struct KindTextTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func aPageWithFieldsInTheirOrder() throws {
        #expect(
            text(KindText.page(try Samples.read(Samples.kind), look)) == """
                network.drop: Drops packets silently.

                Puts DROP rules into chains of its own.

                Backstop  kernel: xt_time datestop on every rule

                Touches  Chains of its own.

                Undo  Removes them.

                Next  Clients wait.

                Fields
                  ports      list of 1 to 65535 or text such as 8000-8099, required
                             Destination ports.
                  protocol   tcp|udp|all, all if left out
                             Which protocol.
                  direction  in|out|both, out if left out
                             Seen from this node.

                Examples
                  Cut off HTTPS
                    faultctl inject network.drop port=443 --lease 1m

                """)
    }

    @Test func withoutABackstopItSaysWhy() throws {
        var kind: KindDocument = try Samples.read(Samples.kind)
        kind.backstop = BackstopOutlook(by: nil, detail: "no backstop on this node for containers")
        #expect(text(KindText.page(kind, look)).contains("\nBackstop  no backstop on this node for containers\n"))
    }

    @Test func theTypeOfAMapTellsHowItIsWritten() {
        #expect(SchemaText.type(["type": "object"], field: "env") == "env.NAME=VALUE")
        #expect(SchemaText.type(["type": "object"], field: "labels") == "spec.labels.NAME=VALUE")
    }

    @Test func aFieldInsideAnotherHasTheDotsOfAForm() {
        let inner: JSONValue = ["type": "object", "properties": ["name": ["type": "string", "format": "regex", "description": "Of it."]]]
        let fields = SchemaField.all(of: ["type": "object", "properties": ["container": inner, "rate": ["type": "integer"]]])
        #expect(fields.map { "\($0.name): \($0.type)" } == ["container.name: regular expression", "rate: whole number"])
        #expect(fields.first?.doc == "Of it.")
    }

    @Test func aTableThatSaysWhyNot() throws {
        let here: KindDocument = try Samples.read(Samples.kind)
        var missing = here
        (missing.name, missing.available, missing.unavailable) = ("unit.stop", false, "no systemd; run it where systemd is")
        #expect(
            text(KindText.table([here, missing], look)) == """
                KIND          HERE  WHAT IT DOES
                network.drop  yes   Drops packets silently.
                unit.stop     no    Drops packets silently.

                Not on this node:
                unit.stop  no systemd; run it where systemd is

                """)
    }
}

@Suite struct ProblemTextTests {
    private let look = goldenLook
    private func text(_ lines: [Styled]) -> String { goldenText(lines) }

    @Test func everyFieldOnItsLineThenTheHint() throws {
        #expect(
            text(ProblemText.lines(try Samples.read(Samples.problem))) == """
                error: 2 fields are wrong:
                  spec.prot: is not a field of network.drop
                  spec.ports[0]: must be a port
                hint: it takes: ports, protocol

                """)
    }

    @Test func oneFieldIsOneSentence() {
        let problem = Problem(.invalidField, "spec.ports[0] must be a port", errors: [.init("spec.ports[0]", "must be a port")])
        #expect(text(ProblemText.lines(problem)) == "error: spec.ports[0] must be a port\n")
    }

    @Test func namesThatAreNoRepetitionAreShown() {
        let problem = Problem(.conflict, "AAAA could be any of 2 faults", errors: [.init("01A", "active"), .init("01B", "active")])
        #expect(text(ProblemText.lines(problem)) == "error: AAAA could be any of 2 faults\n  01A: active\n  01B: active\n")
    }

    @Test func aHintNamesCommandsAndNotRoutes() {
        let problem = Problem(.noMatch, "nothing matches", hint: "GET /v1/targets/containers shows what runs; GET /v1/kinds lists kinds")
        #expect(text(ProblemText.lines(problem)).contains("hint: `faultctl targets containers` shows what runs; `faultctl kinds` lists kinds\n"))
    }

    @Test func statusesByProblem() {
        #expect(ExitStatus(Problem(.conflict, "x")) == .refused)
        #expect(ExitStatus(Problem(.notFound, "x")) == .notFound)
        #expect(ExitStatus(Problem(unreachable: "x", hint: nil)) == .unreachable)
        #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    }
}
