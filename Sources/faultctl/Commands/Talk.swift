// What every command shares: where the daemon is, and how the answer is written.
import ArgumentParser
import FaultClient
import FaultModel

/// The way to the daemon.
struct Talk: ParsableArguments {
    @Option(
        help: .init("The daemon's control socket; else FAULTD_SOCKET, else \(FaultClient.defaultSocket).", valueName: "path"), completion: .file())
    var socket: String?

    var path: String { socket ?? Terminal.environment("FAULTD_SOCKET").flatMap { $0.isEmpty ? nil : $0 } ?? FaultClient.defaultSocket }

    /// Runs `work` with a client; a problem leaves in the form that the reader of the answer wants.
    func with(json: Bool = false, _ work: (FaultClient, Console) async throws -> Void) async throws {
        let client = FaultClient(socket: path)
        do {
            try await work(client, Console(asJSON: json))
            await Self.leave(client)
        } catch {
            await Self.leave(client)
            throw (error as? Problem).map { Refusal(problem: $0, asJSON: json) } ?? error
        }
    }
}

extension Talk {
    /// Whatever was asked: a node with faults that could not be undone must not be left without having been told of it.
    private static func leave(_ client: FaultClient) async {
        await client.shutdown()
        warn(of: client.stuckCount)
    }

    static func warn(of stuck: Int) {
        if let line = NodeText.stuck(stuck) { Terminal.write(Terminal.look(.error).text([line]), to: .error) }
    }
}

/// Who says he acts: the options of commands that change a fault.
struct Acting: ParsableArguments {
    @Option(help: .init("Who you are: refused unless the fault is theirs, even for root.", valueName: "name")) var owner: String?
    @Option(help: .init("Refused unless this is still the fault's fence: nobody took it over.", valueName: "number")) var fence: Int?

    var standing: Standing { Standing(owner: owner, fence: fence) }
}

/// `-o table|json`.
struct Output: ParsableArguments {
    @Option(name: .shortAndLong, help: "table for people; json is what the daemon said, unchanged.")
    var output = Shape.table

    var isJSON: Bool { output == .json }
}

/// `-o table|json|id`.
struct ListOutput: ParsableArguments {
    @Option(name: .shortAndLong, help: "table for people; json is what the daemon said, unchanged; id is one id a line.")
    var output = ListShape.table

    var isJSON: Bool { output == .json }
}

extension Console {
    /// A list as table, JSON or ids; an empty one is remarked on beside the result.
    func list<Item>(
        _ items: [Item], of body: [UInt8], _ shape: ListShape, empty: Styled, id: (Item) -> String, _ render: ([Item], Look) -> [Styled]
    ) {
        switch shape {
        case .json: raw(body)
        case .id: Terminal.write(items.map { id($0) + "\n" }.joined())
        case .table: items.isEmpty ? remark(empty) : show(render(items, look))
        }
    }
}
