// Worker processes: what makes load, holds a port, or answers in somebody's place while a fault lasts.

/// One process, with its children, in a transient unit of its own.
public struct Worker: Sendable, Hashable, Codable {
    public enum Program: String, Sendable, Hashable, Codable {
        case stressNG = "stress-ng"
        /// faultd's own program, by its hidden `worker` command.
        case faultd
    }
    public var program: Program
    public var arguments: [String]
    /// What it does, for people: `1 CPU worker at 30 %`.
    public var summary: String
    /// Nil is a unit of its own in system.slice.
    public var place: WorkerPlace?
    /// An existing folder, in which the worker gets a folder for its files.
    public var directory: String?
    /// Bytes that it writes there at most.
    public var directoryBytes: Int64?
    /// Processes and threads that it may have; nil is the manager's own limit.
    public var tasksMax: Int?
    /// The container in whose network it is; nil is the node's own.
    public var network: ContainerPin?
    /// Files that it may have open; nil is the manager's own limit.
    public var filesMax: Int?

    public init(_ program: Program, _ arguments: [String], summary: String, place: WorkerPlace? = nil) {
        self.program = program
        self.arguments = arguments
        self.summary = summary
        self.place = place
    }

    /// As `systemd-run` would be asked for it.
    fileprivate func command(_ unit: String) -> String {
        var words = ["systemd-run", "--unit=\(unit)"]
        if case .slice(let slice) = place { words.append("--slice=\(slice)") }
        if let tasksMax { words.append("-p TasksMax=\(tasksMax)") }
        if let filesMax { words.append("-p LimitNOFILE=\(filesMax)") }
        words += ["-p OOMScoreAdjust=1000", program == .faultd ? "faultd worker" : program.rawValue] + arguments
        if let network { words.append("(in the network of \(network.name))") }
        switch place {
        case .unit(let name): words.append("(in a control group inside that of \(name))")
        case .container(let pin): words.append("(in a control group inside that of \(pin.name))")
        case .slice, nil: break
        }
        return words.joined(separator: " ")
    }
}

/// Whose limits a worker shares.
public enum WorkerPlace: Sendable, Hashable, Codable {
    case slice(String)
    case unit(String)
    case container(ContainerPin)
}

/// Workers that run until the fault ends.
public struct WorkerChange: ChangePart {
    public var workers: [Worker]

    public init(workers: [Worker]) { self.workers = workers }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        workers.enumerated().map { index, worker in
            let unit = WorkerUndo.unit(String(mark.dropFirst(FaultID.markPrefix.count)), index)
            let cleaning = worker.directory.map { "; rm -r \($0)/\(WorkerUndo.folder(unit))" } ?? ""
            return ChangeStep(apply: worker.command(unit), revert: "systemctl stop \(unit)\(cleaning)")
        }
    }
}

/// Stops the units, and removes what they left; all by names that nobody else gives.
public struct WorkerUndo: UndoPart {
    public struct Placed: Sendable, Hashable, Codable {
        /// Of its transient unit, with `.service`.
        public var unit: String
        public var summary: String
        /// Folders of control groups that the worker makes inside those of another; empty where the unit's own serves.
        public var groups: [String]
        /// For its files.
        public var folder: String?
        /// Where it is; nil is the node's own.
        public var network: NamespacePin?

        public init(unit: String, summary: String, groups: [String] = [], folder: String? = nil, network: NamespacePin? = nil) {
            self.unit = unit
            self.summary = summary
            self.groups = groups
            self.folder = folder
            self.network = network
        }
    }
    public var fault: FaultID
    public var workers: [Placed]

    public init(fault: FaultID, workers: [Placed]) {
        self.fault = fault
        self.workers = workers
    }

    /// Processes end with the boot; files on a disk do not.
    public var isForgottenByReboot: Bool { workers.allSatisfy { $0.folder == nil } }

    /// `faultd-worker-01abc…-1.service`.
    public static func unit(_ fault: String, _ index: Int) -> String { "faultd-worker-\(fault.lowercased())-\(index + 1).service" }
    /// Of the files of that unit's worker.
    public static func folder(_ unit: String) -> String { ".\(unit.dropLast(".service".count))" }
}
