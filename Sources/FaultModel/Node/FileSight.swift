// Files and filesystems as a fault's plan sees them.

/// A regular file, pinned: another file that takes its name has another inode.
public struct FileStatus: Sendable, Hashable, Codable {
    public var path: String
    public var device: Int64
    public var inode: Int64
    public var size: Int64
    /// The permission bits, with set-user-id and its like.
    public var mode: UInt32
    public var uid: UInt32
    public var gid: UInt32
    /// Nanoseconds since 1970.
    public var accessed: Int64
    public var modified: Int64

    public init(
        path: String, device: Int64, inode: Int64, size: Int64, mode: UInt32, uid: UInt32, gid: UInt32, accessed: Int64 = 0, modified: Int64 = 0
    ) {
        self.path = path
        self.device = device
        self.inode = inode
        self.size = size
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.accessed = accessed
        self.modified = modified
    }

    public func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// What a path, or one that a pattern matched, is.
public struct FileSight: Sendable, Hashable {
    /// The path or pattern as it was asked for.
    public var asked: String
    public var path: String
    public var file: FileStatus?
    /// Why it is no file that a fault may change: what it is instead.
    public var problem: String?

    public init(asked: String, path: String, file: FileStatus? = nil, problem: String? = nil) {
        self.asked = asked
        self.path = path
        self.file = file
        self.problem = problem
    }
}

/// The filesystem that a directory is on; every size in bytes.
public struct DiskSight: Sendable, Hashable {
    public var path: String
    /// Why nothing can be put there.
    public var problem: String?
    public var device: Int64 = 0
    /// Such as `ext4`; `tmpfs` lives in memory.
    public var type = ""
    public var total: Int64 = 0
    /// With the blocks that only root may use, and without.
    public var free: Int64 = 0
    public var available: Int64 = 0
    /// What may be taken of a filesystem in memory; nil for one on a disk.
    public var memory: Int64?
    /// Why some of it has to stay free, such as `faultd's journal is on it`.
    public var reason: String?

    public init(path: String) { self.path = path }
}
