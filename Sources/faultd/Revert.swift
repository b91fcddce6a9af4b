// faultd revert: undo without the daemon, from the journal and the marks.
import ArgumentParser
import FaultEngine
import FaultHost
import FaultModel
import Glibc

struct Revert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Undo faults with no daemon running.",
        discussion: """
            Reads the journal and undoes what it holds, then removes everything on the node that carries faultd's mark. It is what ExecStopPost= of
            faultd.service and the backstop timers run. While the daemon runs, the journal is the daemon's: use faultctl then.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(help: "Undo every fault, and remove everything that carries the mark even if the journal does not know it.")
    var all = false

    @Option(help: ArgumentHelp("Undo this fault only.", valueName: "id"))
    var fault: String?

    func validate() throws {
        guard all != (fault != nil) else { throw ValidationError("say --all, or --fault with an id") }
        guard fault.map({ FaultID($0) != nil }) ?? true else {
            throw ValidationError("\(fault ?? "") is not the id of a fault: it has 26 characters")
        }
    }

    func run() async throws {
        let configuration = options.loadForRevert()
        let daemon: Daemon
        do { daemon = try await Daemon(configuration, configPath: options.config, patience: .seconds(1), .readOnlyIfNeedBe) } catch {
            guard all, error.type == .journalUnavailable else { throw error }
            try await sweep(error, configuration)
            return
        }
        let result = await outcome { () throws(Problem) in
            try await daemon.controller.revertOffline(only: fault.flatMap { FaultID($0) }, because: Self.cause)
        }
        await daemon.host.shutdown()
        let records = try result.get()
        report(records)
        if let trouble = await daemon.controller.journalTrouble() {
            print("this could not be recorded, so the next start of faultd looks at it again: \(trouble.detail)")
        }
        if records.contains(where: { !$0.state.isFinal }) { throw ExitCode(2) }
    }

    /// systemd sets this for what runs after a service has ended (systemd.exec(5)): nobody asked, the daemon died.
    private static var cause: EndCause { getenv("SERVICE_RESULT") == nil ? .request : .restart }

    private func outcome<T>(_ work: () async throws(Problem) -> T) async -> Result<T, Problem> {
        do { return .success(try await work()) } catch { return .failure(error) }
    }

    private func report(_ records: [FaultRecord]) {
        if records.isEmpty { print("nothing was in force") }
        for record in records {
            let ended = record.state.isFinal
            print("\(record.id)  \(record.kind)  \(ended ? "undone" : "NOT UNDONE YET: \(record.error?.detail ?? "unknown")")")
            for line in record.drift { print("  not as before: \(line)") }
        }
    }

    /// With the journal gone the marks are still there, and every backstop knows its units.
    private func sweep(_ problem: Problem, _ configuration: Configuration) async throws {
        print("the journal can't be used (\(problem.detail)); going by the marks alone")
        let host = try Daemon.bareHost(configuration)
        let result = await outcome { () throws(Problem) in try await Controller.sweep(host) }
        await host.shutdown()
        for artefact in try result.get() { print("removed \(artefact.name)") }
    }
}
