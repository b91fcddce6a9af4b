// A network namespace that is not the daemon's own.

/// The network namespace of a container, pinned so that no other can be hit in its place. Gone, it has taken with it whatever was in it.
public struct NamespacePin: Sendable, Hashable, Codable {
    /// Whose it is.
    public var container: ContainerPin
    /// A process that was in it when it was pinned; others of the container may be in it still when that one has ended.
    public var pid: Int32
    /// Of `/proc/PID/ns/net` (namespaces(7)).
    public var inode: UInt64
    /// The kernel gives it to no other namespace until it boots again (SO_NETNS_COOKIE, since Linux 5.14); nil on an older one.
    public var cookie: UInt64?

    public init(container: ContainerPin, pid: Int32, inode: UInt64, cookie: UInt64?) {
        self.container = container
        self.pid = pid
        self.inode = inode
        self.cookie = cookie
    }
}
