// Our files below /run/systemd: links that mask and drop-ins that limit, each with the fault's id in its name or behind it.
import CLinux
import FaultModel
import FoundationEssentials
import Glibc

struct OverrideFiles: Sendable {
    private static let folderMode: mode_t = 0o755

    // MARK: masks

    /// `ln -s /dev/null MARK; ln -s MARK LINK`: the mark tells whose the link is, and the manager follows both.
    func mask(_ unit: String, for fault: FaultID) throws(Problem) {
        let mark = UnitOverrideFile.mark(of: fault)
        try make(folder: UnitOverrideFile.marks)
        try make(folder: UnitOverrideFile.control)
        try link("/dev/null", mark)
        try link(mark, UnitOverrideFile.link(of: unit))
    }

    private func link(_ target: String, _ path: String) throws(Problem) {
        guard symlink(target, path) != 0, !(errno == EEXIST && self.target(of: path) == target) else { return }
        throw .system("make the link \(path)", errno: errno)
    }

    /// - Returns: whether the link was there and ours.
    func unmask(_ unit: String, _ fault: FaultID) throws(Problem) -> Bool {
        let path = UnitOverrideFile.link(of: unit)
        guard target(of: path) == UnitOverrideFile.mark(of: fault) else { return false }
        return try delete(path)
    }

    func removeMark(of fault: FaultID) throws(Problem) { _ = try delete(UnitOverrideFile.mark(of: fault)) }

    /// Only those that are empty. The manager makes the one that it shares with us when it needs it.
    func removeEmptyFolders() {
        for folder in [UnitOverrideFile.marks, UnitOverrideFile.control] { rmdir(folder) }
    }

    /// A file or link in the place of ours that is not ours, or one that outranks it.
    func rival(of unit: String) -> String? {
        [UnitOverrideFile.link(of: unit), "/etc/systemd/system.control/\(unit)"].first { path in
            var status = faultd_file_status()
            return faultd_status_at(path, &status) == 0 && fault(behind: path) == nil
        }
    }

    // MARK: drop-ins

    func hasFolder(of unit: String) -> Bool { access(UnitOverrideFile.folder(of: unit), F_OK) == 0 }

    /// Complete before it has its name: somebody else may reload at any moment.
    func limit(_ unit: String, _ limits: [UnitLimit], for fault: FaultID) throws(Problem) {
        try make(folder: UnitOverrideFile.control)
        try make(folder: UnitOverrideFile.folder(of: unit))
        let path = UnitOverrideFile.dropIn(of: unit, fault)
        try write(Self.text(unit, limits, fault), to: path + ".new")
        guard rename(path + ".new", path) != 0 else { return }
        throw .system("write \(path)", errno: errno)
    }

    static func text(_ unit: String, _ limits: [UnitLimit], _ fault: FaultID) -> String {
        let type = unit.split(separator: ".").last ?? "service"
        let section = type.prefix(1).uppercased() + type.dropFirst()
        return "# faultd: a limit of fault \(fault.text), removed when it ends\n[\(section)]\n" + limits.map { $0.text + "\n" }.joined()
    }

    /// - Returns: whether it was there.
    func unlimit(_ unit: String, _ fault: FaultID, keepingFolder: Bool) throws(Problem) -> Bool {
        let path = UnitOverrideFile.dropIn(of: unit, fault)
        _ = try delete(path + ".new")
        let wasThere = try delete(path)
        // Only if it is empty.
        if !keepingFolder { rmdir(UnitOverrideFile.folder(of: unit)) }
        return wasThere
    }

    private func write(_ text: String, to path: String) throws(Problem) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw .system("write \(path)", errno: errno) }
        defer { close(file) }
        // The daemon's own umask keeps its files to itself; this one is the manager's and everybody's to read.
        guard fchmod(file, 0o644) == 0, Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw .system("write \(path)", errno: errno)
        }
    }

    // MARK: all of ours

    func ours() -> [(path: String, fault: FaultID)] {
        var found: [(path: String, fault: FaultID)] = []
        for name in names(in: UnitOverrideFile.control) {
            let path = "\(UnitOverrideFile.control)/\(name)"
            if let fault = fault(behind: path) { found.append((path, fault)) }
            guard name.hasSuffix(".d") else { continue }
            found += names(in: path).compactMap { drop in Self.fault(inDropIn: drop).map { ("\(path)/\(drop)", $0) } }
        }
        return found + names(in: UnitOverrideFile.marks).compactMap { name in FaultID(name).map { ("\(UnitOverrideFile.marks)/\(name)", $0) } }
    }

    /// One of ours, with its folder if that is empty then.
    /// - Returns: whether the manager has to be told.
    func remove(_ path: String) throws(Problem) -> Bool {
        guard ours().contains(where: { $0.path == path }) else { return false }
        let isGone = try delete(path)
        if let slash = path.lastIndex(of: "/") { rmdir(String(path[..<slash])) }
        removeEmptyFolders()
        return isGone
    }

    /// `zz-faultd-ID.conf`, and the same while it was being written.
    private static func fault(inDropIn name: String) -> FaultID? {
        let bare = name.hasSuffix(".new") ? String(name.dropLast(4)) : name
        let stem = bare.dropFirst("zz-faultd-".count).dropLast(".conf".count)
        guard let fault = FaultID(String(stem)), bare == UnitOverrideFile.dropInName(fault.text) else { return nil }
        return fault
    }

    /// Whose mark a link leads to.
    private func fault(behind path: String) -> FaultID? {
        guard let target = target(of: path), target.hasPrefix(UnitOverrideFile.marks + "/") else { return nil }
        return FaultID(String(target.dropFirst(UnitOverrideFile.marks.count + 1)))
    }

    private func target(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    private func names(in folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    private func make(folder path: String) throws(Problem) {
        guard mkdir(path, Self.folderMode) != 0 else {
            chmod(path, Self.folderMode)
            return
        }
        if errno != EEXIST { throw .system("make the folder \(path)", errno: errno) }
    }

    private func delete(_ path: String) throws(Problem) -> Bool {
        if unlink(path) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw .system("remove \(path)", errno: errno)
    }
}
