// faultctl doctor: what this node can and can't do, and how to get it.
import ArgumentParser
import FaultClient
import FaultModel

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what this node can and can't do, and how to get what is missing.",
        discussion: """
            Asks the daemon, and where there is none looks for itself: at the socket and who may use it, at systemd, container runtimes \
            and netfilter. Changes nothing. Exit code 3 says that the daemon can't be reached, 5 that something is stuck or left over.
            """)

    @OptionGroup var talk: Talk
    @OptionGroup var output: Output

    func run() async throws {
        let client = FaultClient(socket: talk.path)
        let diagnosis = await diagnose(client)
        await client.shutdown()
        defer { Talk.warn(of: client.stuckCount) }
        let console = Console(asJSON: output.isJSON)
        if output.isJSON {
            console.raw(try diagnosis.jsonBytes(pretty: true))
        } else {
            console.show(Check.lines(diagnosis.checks, console.look))
        }
        if diagnosis.status != .ok { throw diagnosis.status }
    }

    private func diagnose(_ client: FaultClient) async -> Diagnosis {
        var diagnosis = Diagnosis(local: .look(socket: talk.path), clientVersion: Faultctl.version)
        do { diagnosis.node = try await client.node().document } catch { diagnosis.note(error) }
        guard diagnosis.unreachable == nil else { return diagnosis }
        do { diagnosis.kinds = try await client.kinds().items } catch { diagnosis.note(error) }
        do { diagnosis.verify = try await client.verify().document } catch { diagnosis.note(error) }
        return diagnosis
    }
}

extension Diagnosis {
    mutating func note(_ problem: Problem) {
        if problem.isUnreachable { unreachable = problem } else { failures.append(problem) }
    }
}
