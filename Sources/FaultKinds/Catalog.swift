// Every kind there is.
public import FaultModel

/// The one list of kinds. A new kind is one folder here and one line below.
public enum Catalog {
    public static let kinds: [any FaultKind] = [
        NetworkDrop(),
        NetworkReject(),
        NetworkLoss(),
        NetworkPartition(),
        NetworkDNS(),
        NetworkDelay(),
        NetworkCorrupt(),
        NetworkDuplicate(),
        NetworkReorder(),
        NetworkBandwidth(),
        NetworkInterfaceDown(),
        NetworkPortOccupy(),
        UnitStop(),
        UnitRestart(),
        UnitKill(),
        UnitFreeze(),
        UnitMask(),
        UnitLimitKind(),
        ContainerKill(),
        ContainerStop(),
        ContainerPause(),
        ContainerRestart(),
        ContainerRemove(),
        ContainerLimit(),
        ProcessKill(),
        ProcessPause(),
        StressCPU(),
        StressMemory(),
        StressIO(),
        StressPids(),
        StressFiles(),
        DiskFill(),
        DiskThrottle(),
        FileCorrupt(),
        FileTruncate(),
        FilePermission(),
        FileDelete(),
        ClockSkew(),
        NodeCut(),
        NodeReboot(),
        NodePoweroff(),
        NodeCrash(),
    ]

    /// The kind of that name, or a problem that names the nearest.
    public static func kind(named name: String, among kinds: [any FaultKind] = kinds) throws(Problem) -> any FaultKind {
        if let kind = kinds.first(where: { $0.name == name }) { return kind }
        let names = kinds.map(\.name)
        let near = nearest(to: name, among: names).map { "did you mean \($0)?" }
        throw Problem(
            .unknownKind, "there is no kind of fault called \"\(name)\"", hint: near ?? "known kinds: \(names.joined(separator: ", "))",
            errors: [.init("kind", "must be one of \(names.joined(separator: ", "))")])
    }
}
