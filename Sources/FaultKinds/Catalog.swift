// Every kind there is.
public import FaultModel

/// The one list of kinds. A new kind is one folder here and one line below.
public enum Catalog {
    public static let kinds: [any FaultKind] = [
        NetworkDrop(),
        NetworkReject(),
        NetworkLoss(),
        UnitStop(),
        UnitRestart(),
        UnitKill(),
        UnitFreeze(),
        UnitMask(),
        UnitLimitKind(),
        ContainerKill(),
        NodeCut(),
        NetworkPartition(),
        NetworkBandwidth(),
        NetworkDelay(),
        NetworkCorrupt(),
        NetworkDuplicate(),
        NetworkReorder(),
        NetworkInterfaceDown(),
        NetworkDNS(),
        StressCPU(),
        StressMemory(),
        StressIO(),
        StressPids(),
        StressFiles(),
        NetworkPortOccupy(),
        ContainerPause(),
        ContainerStop(),
        ContainerRestart(),
        ContainerRemove(),
        ContainerLimit(),
        ProcessKill(),
        ProcessPause(),
        DiskFill(),
        DiskThrottle(),
        FileCorrupt(),
        FileTruncate(),
        FilePermission(),
        FileDelete(),
        ClockSkew(),
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
