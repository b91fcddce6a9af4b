// What file and disk faults refuse, how far they go, and what they leave.
import FaultKinds
import FaultModel
import Testing

@Suite struct FileKindTests {
    private func plan(_ kind: String, _ fields: KeyValuePairs<String, String>, _ node: NodeView = node) throws -> Plan {
        try Catalog.kind(named: kind).bind(KindExample("", fields).spec, lenient: true).plan(node)
    }

    private func refusal(_ kind: String, _ fields: KeyValuePairs<String, String>, _ node: NodeView = node) -> Problem? {
        do { _ = try plan(kind, fields, node) } catch { return error as? Problem }
        return nil
    }

    private static let node: NodeView = {
        var view = NodeView()
        view.files = [
            ("/srv/a", "/srv/a", 1000), ("/srv/empty", "/srv/empty", 0), ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config", 10),
            ("/srv/*", "/srv/a", 1000),
            ("/srv/*", "/srv/b", 2000), ("/srv/alias", "/srv/alias", 1000),
        ].map { asked, path, size in
            let inode: Int64 = ["/srv/a": 1, "/srv/alias": 1, "/srv/b": 2, "/srv/empty": 3][path] ?? 4
            return FileSight(
                asked: asked, path: path, file: FileStatus(path: path, device: 1, inode: inode, size: Int64(size), mode: 0o644, uid: 0, gid: 0))
        }
        view.files.append(FileSight(asked: "/srv/link", path: "/srv/link", problem: "is a symbolic link, not a regular file"))
        view.protection.paths = ["/etc/ssh"]
        return view
    }()

    private func targets(_ plan: Plan) -> [FileTarget] {
        if case .files(let change) = plan.changes.first { change.targets } else { [] }
    }

    @Test(arguments: ["relative", "/srv/../etc/passwd", "/srv//a", "/srv/./a", "/"]) func pathsAreAbsoluteAndPlain(_ path: String) {
        #expect(refusal("file.delete", ["path": path])?.errors?.first?.field == "spec.paths")
    }

    @Test func protectedAndMissingFilesAndLinksAreRefused() throws {
        #expect(refusal("file.delete", ["path": "/etc/ssh/sshd_config"])?.type == .protectedTarget)
        #expect(refusal("file.delete", ["path": "/srv/nowhere"])?.type == .noMatch)
        #expect(refusal("file.delete", ["path": "/srv/link"])?.detail.contains("symbolic link") == true)
        #expect(refusal("file.delete", ["path": "/srv/*", "max": "1"])?.type == .tooManyTargets)
        #expect(try plan("file.delete", ["path": "/srv/*"]).targets == 2)
        // A hard link is the same file.
        #expect(try plan("file.delete", ["path": "/srv/a", "paths": "/srv/alias"]).targets == 1)
        let claims = try plan("file.delete", ["path": "/srv/alias"]).claims
        #expect(try plan("file.corrupt", ["path": "/srv/a"]).claims.contains { mine in claims.contains(where: mine.clashes) })
    }

    @Test func aProtectedDirectoryProtectsWhatIsBelowAndNothingBeside() {
        let protection = Protection(paths: ["/etc/ssh", "/home/*/.ssh"])
        for path in ["/etc/ssh", "/etc/ssh/sshd_config", "/home/ana/.ssh/authorized_keys"] {
            #expect(protection.pattern(protectingPath: path) != nil)
        }
        for path in ["/etc/sshd", "/home/ana/notes"] { #expect(protection.pattern(protectingPath: path) == nil) }
    }

    @Test func whatWouldChangeNothingIsRefused() {
        #expect(refusal("file.truncate", ["path": "/srv/a", "size": "1000"])?.type == .noEffect)
        #expect(refusal("file.permission", ["path": "/srv/a", "mode": "0644"])?.type == .noEffect)
        #expect(refusal("file.corrupt", ["path": "/srv/empty"])?.type == .noEffect)
        #expect(refusal("file.corrupt", ["path": "/srv/a", "offset": "1000"])?.type == .noEffect)
    }

    @Test(arguments: [1, 511, 512, 513, 999, 1000, 5000]) func corruptPiecesAreInTheFileAndApart(_ bytes: Int64) throws {
        for seed in 0..<50 {
            let ranges = targets(try plan("file.corrupt", ["path": "/srv/a", "bytes": "\(bytes)", "seed": "\(seed)"])).flatMap(\.ranges)
            #expect(ranges.reduce(0) { $0 + $1.length } == min(bytes, 1000))
            #expect(ranges.allSatisfy { $0.offset >= 0 && $0.length > 0 && $0.offset + $0.length <= 1000 })
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.offset + $0.length <= $1.offset })
        }
    }

    @Test func theSameSeedChangesTheSameBytes() throws {
        let plans = try ["7", "7", "8"].map { targets(try plan("file.corrupt", ["path": "/srv/a", "bytes": "10", "seed": $0])) }
        #expect(plans[0] == plans[1])
        #expect(plans[0] != plans[2])
    }

    // MARK: disks

    private func node(total: Int64, free: Int64, available: Int64, memory: Int64? = nil, reason: String? = nil) -> NodeView {
        var disk = DiskSight(path: "/srv/data")
        (disk.total, disk.free, disk.available, disk.memory, disk.reason) = (total, free, available, memory, reason)
        var view = NodeView()
        view.disks = [disk]
        return view
    }

    private func taken(_ fields: KeyValuePairs<String, String>, _ node: NodeView) throws -> Int64? {
        let spec = KindExample("", fields).spec.members ?? []
        let plan = try Catalog.kind(named: "disk.fill").bind(.object([.init("path", "/srv/data")] + spec), lenient: true).plan(node)
        if case .disk(let change) = plan.changes.first { return change.bytes }
        return nil
    }

    private let gib: Int64 = 1 << 30

    @Test func fillsToAPercentageAsDfShowsItOrLeavesARest() throws {
        // 10 used, 5 reserved for root, 85 for others.
        let node = node(total: 100 * gib, free: 90 * gib, available: 85 * gib)
        #expect(try taken(["percent": "100"], node) == 85 * gib)
        #expect(try taken(["percent": "50"], node) == Int64((95.0 / 2 - 10) * Double(gib)))
        #expect(try taken(["leave": "1GiB"], node) == 84 * gib)
        #expect(throws: Problem.self) { try taken(["percent": "10"], node) }
        #expect(throws: Problem.self) { try taken(["leave": "85GiB"], node) }
        #expect(throws: Problem.self) { try taken([:], node) }
        #expect(throws: Problem.self) { try taken(["percent": "50", "leave": "1GiB"], node) }
    }

    @Test func theJournalAndTheNodeKeepTheirRest() throws {
        let full = node(total: 10 * gib, free: gib, available: gib, reason: "faultd's journal is on it")
        #expect(try taken(["percent": "100"], full) == gib - Limits.diskFloor)
        #expect(try taken(["leave": "0"], full) == gib - Limits.diskFloor)
        // What only root may use counts: the journal is root's.
        let reserved = node(total: 10 * gib, free: gib, available: gib / 2, reason: "the node itself is on it")
        #expect(try taken(["percent": "100"], reserved) == gib / 2)
        let none = node(total: gib, free: Limits.diskFloor, available: Limits.diskFloor, reason: "the node itself is on it")
        #expect(throws: Problem.self) { try taken(["percent": "100"], none) }
    }

    @Test func memoryIsNotFilledUp() throws {
        let node = node(total: gib, free: gib, available: gib, memory: gib / 4)
        #expect(try taken(["percent": "20"], node) ?? 0 > 0)
        #expect(throws: Problem.self) { try taken(["percent": "90"], node) }
    }

    // MARK: clock and power

    @Test func timeServicesAreHeldOffFirst() throws {
        var view = NodeView()
        view.units = [
            Unit(name: "chrony.service", activeState: "active"), Unit(name: "ntp.service", loadState: "not-found", activeState: "inactive"),
        ]
        let plan = try plan("clock.skew", ["offset": "-90s"], view)
        #expect(plan.changes.map(\.mechanism) == ["units", "clock"])
        #expect(plan.changes.last == .clock(ClockChange(offset: -90_000_000_000)))
        #expect(plan.units == ["chrony.service"])
        #expect(refusal("clock.skew", ["offset": "50ms"])?.type == .invalidField)
        #expect(refusal("clock.skew", ["offset": "soon"])?.type == .invalidField)
    }

    @Test func rulesThatEndByTheWallClockAndAClockThatIsWrongExcludeEachOther() throws {
        let skew = try plan("clock.skew", ["offset": "+1h"], NodeView()).claims
        let drop = try plan("network.drop", ["protocol": "tcp", "port": "443"], NodeView()).claims
        #expect(skew.contains { mine in drop.contains(where: mine.clashes) })
        #expect(!drop.contains { mine in drop.contains(where: mine.clashes) })
    }

    @Test func theNodeGoesDownOnceAndAfterTheAnswer() throws {
        let claims = try plan("node.reboot", [:]).claims
        #expect(try plan("node.crash", [:]).claims.contains { mine in claims.contains(where: mine.clashes) })
        #expect(refusal("node.poweroff", ["delay": "100ms"])?.errors?.first?.field == "spec.delay")
    }
}
