// What paths and patterns are on this node.
import CLinux
import FaultModel
import Glibc

enum FileSights {
    /// More than any policy lets one fault hit.
    private static let most = 4096

    /// Each path, or what its pattern matches; what carries our mark is not there for anybody.
    static func look(_ asked: [String]) -> [FileSight] {
        asked.flatMap { pattern in
            expand(pattern).prefix(most).filter { !isOurs($0) }.map { look($0, asked: pattern) }
        }
    }

    private static func isOurs(_ path: String) -> Bool { path.contains("/.faultd-") }

    /// glob(7); a path without a pattern is itself.
    private static func expand(_ pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }

    private static func look(_ path: String, asked: String) -> FileSight {
        var raw = faultd_file_status()
        guard faultd_status_at(path, &raw) == 0 else {
            let why = errno == ENOENT ? "does not exist" : String(cString: strerror(errno))
            return FileSight(asked: asked, path: path, problem: NodesView.keeps(path) ?? why)
        }
        if let what = kind(raw.mode) { return FileSight(asked: asked, path: path, problem: "is \(what), not a regular file") }
        if let real = realPath(path), real != path {
            return FileSight(asked: asked, path: path, problem: "is reached through a symbolic link; its real path is \(real)")
        }
        if let problem = NodesView.keeps(path) { return FileSight(asked: asked, path: path, problem: problem) }
        return FileSight(asked: asked, path: path, file: FileStatus(path: path, raw))
    }

    /// What it is, unless it is a regular file (inode(7)).
    private static func kind(_ mode: UInt32) -> String? {
        switch mode & 0o170000 {
        case 0o100000: nil
        case 0o120000: "a symbolic link"
        case 0o040000: "a directory"
        case 0o140000: "a socket"
        case 0o010000: "a pipe"
        default: "a device"
        }
    }

    static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
