// Where the kernel keeps what it enforces on units (cgroups(7)), on v2 and v1.
import Glibc

/// The hierarchy that resource control goes by.
enum Cgroups: Sendable, Hashable {
    /// One for everything: v2.
    case unified
    /// One for each controller: v1.
    case separate

    static let root = "/sys/fs/cgroup"
    /// Only v2's root has this file.
    static var current: Cgroups { access("\(root)/cgroup.controllers", F_OK) == 0 ? .unified : .separate }

    /// v1's name of a controller.
    private func folder(_ controller: String) -> String { controller == "io" ? "blkio" : controller }

    /// Whether the controller may be used here at all.
    func has(_ controller: String) -> Bool {
        switch self {
        case .unified: Self.read("\(Self.root)/cgroup.controllers")?.split(whereSeparator: \.isWhitespace).contains { $0 == controller } == true
        case .separate: access("\(Self.root)/\(folder(controller))/cgroup.procs", F_OK) == 0
        }
    }

    /// A file of a unit's cgroup; nil where there is none.
    func text(_ file: String, of group: String, controller: String = "") -> String? {
        guard !group.isEmpty else { return nil }
        switch self {
        case .unified: return Self.read("\(Self.root)\(group)/\(file)")
        case .separate: return Self.read("\(Self.root)/\(folder(controller))\(group)/\(file)")
        }
    }

    private static func read(_ path: String) -> String? { SmallFile.read(path)?.trimmed }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
