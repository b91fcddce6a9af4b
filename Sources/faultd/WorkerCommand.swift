// faultd worker: what the transient units of workers run. Not for people.
import ArgumentParser
import CSystemd
import FaultHost
import FaultModel

struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Be a worker of a fault.", shouldDisplay: false,
        subcommands: [Join.self, Leave.self, Tasks.self, Files.self, Occupy.self, Names.self, Clock.self, Trial.self])

    /// Control groups of a worker's own.
    struct Groups: ParsableArguments {
        @Option var group: [String] = []
    }

    struct Join: ParsableCommand {
        @OptionGroup var groups: Groups
        @Argument(parsing: .postTerminator) var command: [String]

        func run() throws {
            guard !command.isEmpty else { throw ValidationError("say what to run after --") }
            try WorkerPrograms.join(groups.group, then: command)
        }
    }

    struct Leave: ParsableCommand {
        @OptionGroup var groups: Groups

        func run() throws { try WorkerPrograms.leave(groups.group) }
    }

    /// Succeeds where a backstop's `faultd revert` would find what it needs.
    struct Trial: ParsableCommand {
        @Argument var version: String
        @Argument var folder: String
        @Argument var identity: String

        func run() throws {
            guard version == Faultd.version, OwnProgram.identity(of: folder) == identity else { throw ExitCode.failure }
        }
    }

    struct Tasks: ParsableCommand {
        @Argument var count: Int

        func run() throws { WorkerPrograms.holdTasks(count, ready: ready) }
    }

    struct Files: ParsableCommand {
        @Argument var count: Int

        func run() throws { WorkerPrograms.holdFiles(count, ready: ready) }
    }

    struct Occupy: ParsableCommand {
        @Argument var transport: String
        @Argument var port: UInt16
        @Argument var behaviour: String
        @Option var address: String?

        func run() throws {
            guard let transport = PortNumber.Transport(rawValue: transport), let behaviour = PortBehaviour(rawValue: behaviour) else {
                throw ValidationError("tcp or udp, and hold, reset or refuse")
            }
            let occupant = try PortOccupant(PortNumber(transport, port), address: address, behaviour)
            ready("holds \(transport.rawValue) port \(port)")
            occupant.run()
        }
    }
}

extension WorkerCommand {
    struct Names: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "dns")

        @Option var name: [String] = []
        @Option var answer: [String] = []
        @Option var queue: UInt16
        @Option var mark: UInt32

        func run() throws {
            let (names, answers) = (name.compactMap { DNSName($0) }, answer.compactMap { DNSAnswer($0) })
            guard !names.isEmpty, names.count == name.count, !answers.isEmpty, answers.count == answer.count else {
                throw ValidationError("names, and nxdomain, servfail, timeout or addresses")
            }
            let responder = try NameResponder(names, answers, queue: queue, mark: mark)
            ready("answers for \(name.joined(separator: ", "))")
            responder.run()
        }
    }
}

extension WorkerCommand {
    struct Clock: ParsableCommand {
        @Option(help: "How far the wall clock is ahead of CLOCK_BOOTTIME now, in nanoseconds.") var from: Int64
        @Option(help: "How far it is to be.") var to: Int64

        func run() throws { try ClockStepper.step(from: from, to: to) }
    }
}

/// The unit's start is over then, and not before.
private func ready(_ status: String) { Systemd.notify("READY=1\nSTATUS=\(status)") }
