// Where a network namespace can be entered: the processes in it, and the mounts that keep it.
import FaultModel
import Glibc

/// A network namespace of this node, with one place to enter it by.
struct FoundNamespace: Sendable, Hashable {
    var inode: UInt64
    var place: String
}

enum NamespaceSearch {
    /// Tries the places where the pinned namespace may be until one is it, its own process first: the rest of /proc is read only if that
    /// has ended, while others of a pod live on.
    static func places(of pin: NamespacePin, _ isIt: (String) throws(Problem) -> Bool) throws(Problem) -> Bool {
        if try isIt("/proc/\(pin.pid)/ns/net") { return true }
        for found in try candidates() where found.inode == pin.inode {
            if try isIt(found.place) { return true }
        }
        return false
    }

    /// Every process' namespace, and every one that is mounted: a runtime may keep one without a process in it, for a container that it
    /// starts again (`ip netns add` does the same).
    private static func candidates() throws(Problem) -> [FoundNamespace] {
        try ProcessTable.all().compactMap { namespace("/proc/\($0)/ns/net") } + mounted()
    }

    /// Looks at the link alone.
    static func namespace(_ place: String) -> FoundNamespace? {
        SmallFile.link(place).flatMap(inode).map { FoundNamespace(inode: $0, place: place) }
    }

    /// Of `net:[4026531840]`.
    private static func inode(_ text: some StringProtocol) -> UInt64? {
        text.hasPrefix("net:[") && text.hasSuffix("]") ? UInt64(text.dropFirst(5).dropLast()) : nil
    }

    /// As the first process sees them: a daemon in a container of its own has other mounts.
    static func mounted() -> [FoundNamespace] { mounted(in: text(of: "/proc/1/mountinfo"), below: NodesView.root) }

    /// Lines such as `71 24 0:4 net:[4026532200] /run/netns/cni-1 rw shared:9 - nsfs nsfs rw` (proc_pid_mountinfo(5)).
    static func mounted(in mountinfo: String, below root: String) -> [FoundNamespace] {
        mountinfo.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 4, let inode = inode(words[3]) else { return nil }
            return FoundNamespace(inode: inode, place: root + unescaped(words[4]))
        }
    }

    /// A space is `\040` there.
    private static func unescaped(_ text: Substring) -> String {
        var parts = text.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
        for index in parts.indices.dropFirst() {
            guard let code = UInt8(parts[index].prefix(3), radix: 8) else { continue }
            parts[index] = String(UnicodeScalar(code)) + parts[index].dropFirst(3)
        }
        return parts.joined()
    }

    /// All of a file; nothing when it can't be read: then there is one place less to look at.
    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while case let count = read(file, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
