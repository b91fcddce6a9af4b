// faultctl inject: puts a fault in force.
import ArgumentParser
import FaultClient
import FaultModel

struct Inject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a fault in force, under a lease.",
        discussion: """
            Returns once the fault is in force, and says how to end it. It ends by itself when its lease does.

            Examples:
              faultctl inject network.drop port=443 protocol=tcp --lease 5m --reason drill
              faultctl inject unit.stop unit=docker.service --lease 2m
              faultctl inject container.kill name='^kube-apiserver' --lease 3m --wait

            With --wait it stays and tells what happens: until the lease ends, or, where all that is awaited is that \
            containers come back, until they are back. Exit code 5 says that something did not come back or is not as before. \
            Ctrl-C ends the waiting, not the fault.

            For scripts, -o id prints the fault's id alone:
              id=$(faultctl inject network.drop port=443 --lease 5m -o id)
              faultctl revert "$id"
            """)

    @OptionGroup var asking: Asking
    @Flag(help: "Say what would be done and touch nothing; the same as `faultctl plan`.") var dryRun = false
    @Flag(help: "Stay until it is over, and tell what happens.") var wait = false
    @Option(help: .init("The same key and request give the same fault, however often it is sent.", valueName: "key")) var idempotencyKey: String?
    @OptionGroup var talk: Talk
    @OptionGroup var output: ListOutput

    func validate() throws {
        if dryRun, wait { throw ValidationError("--wait has nothing to wait for with --dry-run.") }
        if dryRun, output.output == .id { throw ValidationError("-o id: a dry run makes no fault that has one.") }
    }

    func run() async throws {
        let form = try asking.form()
        try await talk.with(json: output.isJSON) { client, console in
            if dryRun { return try await Plan.show(form, asking, client, console) }
            if wait { return try await Follower(client: client, console: console, shape: output.output).run { try await create(form, client) } }
            Self.show(try await create(form, client), output.output, console)
        }
    }

    private func create(_ form: [(String, String)], _ client: FaultClient) async throws -> Answer<FaultDocument> {
        try await Progress.showing("injecting \(asking.title)") { try await client.create(form: form, idempotencyKey: idempotencyKey) }
    }

    static func show(_ answer: Answer<FaultDocument>, _ shape: ListShape, _ console: Console) {
        switch shape {
        case .json: console.raw(answer.body)
        case .id: Terminal.write(answer.id.text + "\n")
        case .table: console.show(FaultSummary.lines(answer.document, console.look))
        }
    }
}
