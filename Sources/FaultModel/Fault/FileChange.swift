// Changes to files, and what puts the originals back.

/// What is done to files.
public enum FileAct: Sendable, Hashable, Codable {
    /// Taken away; the file itself is kept under another name in the same directory.
    case delete
    /// Another mode, owner or group; nil is left as it is.
    case permission(mode: UInt32?, uid: UInt32?, gid: UInt32?)
    /// The end is cut off, and saved.
    case truncate
    /// Bytes are changed in place, and saved.
    case corrupt(seed: Int64)

    public var keepsContent: Bool {
        switch self {
        case .delete, .permission: false
        case .truncate, .corrupt: true
        }
    }
}

/// A part of a file, in bytes.
public struct FileRange: Sendable, Hashable, Codable {
    public var offset: Int64
    public var length: Int64

    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }
}

/// One file, as it was before.
public struct FileTarget: Sendable, Hashable, Codable {
    public var file: FileStatus
    /// What of its content is changed or cut off.
    public var ranges: [FileRange]
    /// The file's capabilities (xattr security.capability) in hexadecimal: a change of owner takes them away.
    public var capability: String?

    public init(_ file: FileStatus, ranges: [FileRange] = []) {
        self.file = file
        self.ranges = ranges
    }

    public var path: String { file.path }
    public var savedBytes: Int64 { ranges.reduce(0) { $0 + $1.length } }
}

/// One act on several files.
public struct FileChange: ChangePart {
    public var act: FileAct
    public var targets: [FileTarget]

    public init(_ act: FileAct, _ targets: [FileTarget]) {
        self.act = act
        self.targets = targets
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        targets.enumerated().map { step($1, aside: FileUndo.aside($0, mark: mark)) }
    }

    private func step(_ target: FileTarget, aside: String) -> ChangeStep {
        let path = target.path
        switch act {
        case .delete: return ChangeStep(apply: "mv \(path) \(Self.folder(path))\(aside)", revert: "mv -n \(Self.folder(path))\(aside) \(path)")
        case .permission(let mode, let uid, let gid):
            let owner = uid == nil && gid == nil ? nil : "\(uid.map(String.init) ?? ""):\(gid.map(String.init) ?? "")"
            let apply = [owner.map { "chown \($0) \(path)" }, mode.map { "chmod \(Self.octal($0)) \(path)" }].compactMap { $0 }
            let revert = [owner.map { _ in "chown \(target.file.uid):\(target.file.gid) \(path)" }, "chmod \(Self.octal(target.file.mode)) \(path)"]
            return ChangeStep(apply: apply.joined(separator: "; "), revert: revert.compactMap { $0 }.joined(separator: "; "))
        case .truncate:
            let size = target.ranges.first?.offset ?? 0
            return ChangeStep(apply: "truncate -s \(size) \(path)", revert: "tail -c +1 SAVED >>\(path)")
        case .corrupt:
            let places =
                target.ranges.prefix(3).map { "\($0.length) at \($0.offset)" }.joined(separator: ", ") + (target.ranges.count > 3 ? ", …" : "")
            return ChangeStep(
                apply: "(change bytes of \(path): \(places))", revert: "dd if=SAVED of=\(path) conv=notrunc (the bytes that were there)")
        }
    }

    private static func folder(_ path: String) -> Substring { path[...(path.lastIndex(of: "/") ?? path.startIndex)] }
    public static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// The files as they were. What was cut off or overwritten is saved in the state directory.
public struct FileUndo: UndoPart {
    public var fault: FaultID
    public var act: FileAct
    public var targets: [FileTarget]

    public init(fault: FaultID, act: FileAct, targets: [FileTarget]) {
        self.fault = fault
        self.act = act
        self.targets = targets
    }

    /// The name under which a deleted file waits.
    public static func aside(_ index: Int, mark: String) -> String { ".faultd-\(mark.dropFirst(FaultID.markPrefix.count).lowercased())-\(index)" }

    public var isForgottenByReboot: Bool { false }
}

/// Room on a filesystem that is taken up.
public struct DiskChange: ChangePart {
    public var directory: String
    public var bytes: Int64

    public init(directory: String, bytes: Int64) {
        self.directory = directory
        self.bytes = bytes
    }

    public func steps(mark: String, until: Timestamp?) -> [ChangeStep] {
        let path = DiskUndo.path(in: directory, mark: mark)
        return [ChangeStep(apply: "fallocate -l \(bytes) \(path)", revert: "rm -f \(path)")]
    }
}

/// The file that takes it up, known by its name.
public struct DiskUndo: UndoPart {
    public var fault: FaultID
    public var directory: String
    public var bytes: Int64
    /// Where the directory was, and of what kind: what is not mounted any more can't be looked at.
    public var device: Int64
    public var type: String

    public init(fault: FaultID, directory: String, bytes: Int64, device: Int64, type: String) {
        self.fault = fault
        self.directory = directory
        self.bytes = bytes
        self.device = device
        self.type = type
    }

    public static func path(in directory: String, mark: String) -> String {
        (directory == "/" ? "" : directory) + "/.faultd-\(mark.dropFirst(FaultID.markPrefix.count).lowercased())"
    }

    public var path: String { Self.path(in: directory, mark: fault.mark) }
    public var isForgottenByReboot: Bool { false }
}
