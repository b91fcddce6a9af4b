// Limits on the control groups of containers (cgroups(7)), and what takes them back.

/// How much of one thing a container may use.
public struct CgroupLimit: Sendable, Hashable, Codable {
    public enum Resource: String, Sendable, Hashable, Codable, CaseIterable {
        /// Thousandths of one CPU.
        case cpu
        /// Bytes.
        case memory
        /// Processes and threads.
        case pids
        /// Bytes a second, of one disk.
        case read = "read_bps"
        case write = "write_bps"
        /// Operations a second, of one disk.
        case readOperations = "read_iops"
        case writeOperations = "write_iops"

        /// The kernel's controller, as cgroup v2 calls it.
        public var controller: String {
            switch self {
            case .cpu, .memory, .pids: rawValue
            case .read, .write, .readOperations, .writeOperations: "io"
            }
        }
    }
    public var resource: Resource
    public var value: Int64

    public init(_ resource: Resource, _ value: Int64) {
        self.resource = resource
        self.value = value
    }

    /// For people: `cpu 0.5`, `memory 64MiB`.
    public var text: String {
        switch resource {
        case .cpu: "cpu \(Double(value) / 1000)"
        case .memory, .read, .write: "\(resource.rawValue) \(ByteSize(value).text)"
        case .pids, .readOperations, .writeOperations: "\(resource.rawValue) \(value)"
        }
    }
}

/// Limits that each of the containers gets.
public struct CgroupChange: ChangePart {
    public var limits: [CgroupLimit]
    /// A disk, or a path on its filesystem, where limits are of one.
    public var disk: String?
    public var targets: [ContainerPin]

    public init(limits: [CgroupLimit], disk: String? = nil, targets: [ContainerPin]) {
        self.limits = limits
        self.disk = disk
        self.targets = targets
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        targets.flatMap { target in
            limits.map { limit in
                ChangeStep(
                    apply: "(control group of \(target.name)) \(limit.text)\(disk.map { " of \($0)" } ?? "")",
                    revert: "(control group of \(target.name)) \(limit.resource.rawValue) as before")
            }
        }
    }
}

/// Every value that is changed, as it was and as we set it.
public struct CgroupUndo: UndoPart {
    public struct Setting: Sendable, Hashable, Codable {
        public var container: ContainerPin
        public var limit: CgroupLimit
        /// The group's folder, and which one it is: the next of that name is another container's.
        public var folder: String
        public var inode: UInt64
        public var file: String
        /// In a file with a line for each disk: the disk, as `8:0`, and in v2's io.max the word before the value.
        public var device: String?
        public var key: String?
        public var before: String
        public var ours: String

        public init(
            container: ContainerPin, limit: CgroupLimit, folder: String, inode: UInt64, file: String, device: String? = nil, key: String? = nil,
            before: String, ours: String
        ) {
            (self.container, self.limit, self.folder, self.inode) = (container, limit, folder, inode)
            (self.file, self.device, self.key, self.before, self.ours) = (file, device, key, before, ours)
        }

        /// `web: memory.max`.
        public var title: String { "\(container.name): \(file)\(device.map { " \($0)" } ?? "")\(key.map { " \($0)" } ?? "")" }
    }
    public var fault: FaultID
    public var settings: [Setting]
    /// What the kernel will do at once where a container uses more than it may.
    public var outlook: [String]

    public init(fault: FaultID, settings: [Setting], outlook: [String] = []) {
        self.fault = fault
        self.settings = settings
        self.outlook = outlook
    }

    /// Control groups are gone with the kernel that made them; a runtime makes them anew as it was told to.
    public var isForgottenByReboot: Bool { true }
}

extension Claim {
    /// Two faults can't both say how much a container may have of one thing.
    public static func limit(_ resource: CgroupLimit.Resource, _ pin: ContainerPin) -> Claim {
        .init("container-limit:\(pin.runtime.rawValue)/\(pin.id)/\(resource.rawValue)")
    }
}
