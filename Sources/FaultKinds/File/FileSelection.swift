// Which files a fault means, and which no fault may touch.
import FaultModel

/// Paths and patterns, narrowed by a choice.
struct FileSelection: Sendable {
    var paths: [String]
    var choice: Choice

    private static let paths = Field<[String]>(
        "paths", singular: "path",
        "Files by absolute path, or by a shell pattern such as /srv/app/*.json. Regular files only, through no symbolic link.",
        check: { $0.isEmpty ? "must name at least one file" : $0.compactMap(complaint).first })

    static var fields: [FieldDescription] {
        var paths = Self.paths.description
        paths.required = true
        return [paths] + Choice.fields
    }

    static func read(_ reader: inout SpecReader) -> FileSelection {
        FileSelection(paths: reader.read(paths, standIn: []), choice: Choice.read(&reader))
    }

    static func complaint(_ path: String) -> String? {
        guard path.hasPrefix("/"), path.count > 1 else { return "must be absolute paths, not \"\(path)\"" }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return parts.contains { $0.isEmpty || $0 == "." || $0 == ".." } ? "must have no empty part, \".\" or \"..\": \"\(path)\"" : nil
    }

    var query: NodeQuery {
        var query = NodeQuery()
        query.files = paths
        return query
    }

    /// The chosen files, each of which may be changed, in the order of their paths.
    func files(on node: NodeView) throws(Problem) -> (files: [FileStatus], notes: [String]) {
        var files: [FileStatus] = []
        for (index, path) in paths.enumerated() { files += try matches(of: path, "spec.paths[\(index)]", on: node) }
        var seen: Set<[Int64]> = []
        let unique = files.filter { seen.insert([$0.device, $0.inode]).inserted }
        let (chosen, note) = try choice.pick(from: unique.sorted { $0.path < $1.path }, entropy: node.entropy)
        for file in chosen { try refuseProtected(file, on: node) }
        return (chosen, [note].compactMap { $0 })
    }

    /// A pattern means the files among what it matches; a path means itself, or nothing.
    private func matches(of path: String, _ field: String, on node: NodeView) throws(Problem) -> [FileStatus] {
        let sights = node.files.filter { $0.asked == path }
        let files = sights.compactMap(\.file)
        guard files.isEmpty else { return files }
        let problem = sights.first?.problem.map { "\(sights[0].path) \($0)" } ?? "no file matches \(path)"
        throw Problem(.noMatch, problem, hint: "regular files are meant, by their real path", errors: [.init(field, problem)])
    }

    private func refuseProtected(_ file: FileStatus, on node: NodeView) throws(Problem) {
        guard let pattern = node.protection.pattern(protectingPath: file.path) else { return }
        throw Problem(
            .protectedTarget, "this fault would change \(file.path), which is protected on this node",
            hint: "\"\(pattern)\" is protected: without it nobody could reach or mend the node", errors: [.init("spec.paths", "matches \(file.path)")]
        )
    }

    /// The plan of one act on these targets.
    static func plan(_ act: FileAct, _ targets: [FileTarget], notes: [String]) -> Plan {
        var plan = Plan()
        plan.changes = [.files(FileChange(act, targets))]
        plan.claims = targets.flatMap { Claim.file($0.file) }
        plan.targets = targets.count
        plan.notes = notes
        return plan
    }
}

extension KindManual {
    /// What every kind of file.* has in common.
    static func ofFiles(touches: String, undo: String, next: String) -> KindManual {
        KindManual(
            touches: touches + " Symbolic links are not followed, and what boots, guards or mends the node is refused (protected_paths).",
            undo: undo + " Undone after a reboot as well.",
            backstop: "systemd: a transient timer runs faultd revert for this fault half a second after the lease.", next: next)
    }
}
