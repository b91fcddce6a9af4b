// The network namespaces of a node in which rules of ours may have been left.
import FaultModel

enum NamespaceSurvey {
    /// More than these are not looked at: a node runs some hundreds of pods at most.
    static let most = 4096

    /// Every one but the daemon's own, and but those that are in another daemon's care: a node in a container, such as one of kind's, runs a
    /// faultd of its own, and what is in force there is not an orphan of ours.
    static func others() throws(Problem) -> [FoundNamespace] {
        // Who may enter none has put nothing into any.
        guard NetworkNamespace.isPossible else { return [] }
        let own = try NetworkNamespace.own().inode
        let pids = try ProcessTable.all()
        let foreign = foreign(among: pids)
        let found = pids.filter { !foreign.contains($0) }.compactMap { NamespaceSearch.namespace("/proc/\($0)/ns/net") }
        let theirs = Set(foreign.compactMap { NamespaceSearch.namespace("/proc/\($0)/ns/net")?.inode })
        var seen = theirs.union([own])
        return Array((found + NamespaceSearch.mounted()).filter { seen.insert($0.inode).inserted }.prefix(most))
    }

    /// Processes below the first one of a pid namespace that has a faultd of its own.
    private static func foreign(among pids: [Int32]) -> Set<Int32> {
        guard let ours = SmallFile.link("/proc/self/ns/pid") else { return [] }
        let daemons = pids.filter { ProcessTable.name(of: $0) == "faultd" }
        let spaces = Set(daemons.compactMap { SmallFile.link("/proc/\($0)/ns/pid") }).subtracting([ours])
        guard !spaces.isEmpty else { return [] }
        let inside = Set(pids.filter { SmallFile.link("/proc/\($0)/ns/pid").map(spaces.contains) == true })
        return Set(pids.filter { ProcessTable.line(of: $0).contains(where: inside.contains) })
    }
}
