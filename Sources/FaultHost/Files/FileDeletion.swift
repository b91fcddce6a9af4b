// file.delete: the file keeps its inode and waits under another name in its own directory, so that putting it back is one rename.
import CLinux
import FaultModel
import Glibc

struct FileDeletion: FileDeed {
    let steps: EffectSteps
    /// The name under which it waits.
    let aside: String

    private func split(_ path: String) -> (folder: String, name: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private func asidePath(_ folder: String) -> String { (folder == "/" ? "" : folder) + "/" + aside }

    func apply(_ target: FileTarget) throws(Problem) {
        let (folder, name) = split(target.path)
        guard let directory = try OpenFile.directory(folder) else { throw Problem(.noMatch, "\(folder) is gone") }
        try steps("rename")
        guard faultd_rename_new(directory.descriptor, name, aside) == 0 else { throw .system("take \(target.path) away", errno: errno) }
        // Somebody may have put another in its place at the last moment: that one was not meant.
        guard try status(asidePath(folder))?.isSameFile(as: target.file) == true else {
            _ = faultd_rename_new(directory.descriptor, aside, name)
            throw Problem(.conflict, "\(target.path) was replaced by somebody else at the same moment", hint: "try again")
        }
        try steps("sync")
        try directory.sync()
        guard try status(target.path) == nil else { throw Problem(.noEffect, "\(target.path) was taken away and is there again right away") }
    }

    func revert(_ target: FileTarget) throws(Problem) -> RevertOutcome {
        let (folder, name) = split(target.path)
        guard let directory = try OpenFile.directory(folder) else { return gone(target) }
        let kept = try status(asidePath(folder))
        guard kept != nil else {
            return try status(target.path) == nil ? gone(target) : RevertOutcome(.alreadyGone)
        }
        try steps("rename back")
        guard faultd_rename_new(directory.descriptor, aside, name) == 0 else {
            if errno == EEXIST { return superseded(target, asidePath(folder)) }
            throw .system("put \(target.path) back", errno: errno)
        }
        try steps("sync back")
        try directory.sync()
        return RevertOutcome(.restored)
    }

    private func gone(_ target: FileTarget) -> RevertOutcome {
        RevertOutcome(
            .superseded, drift: ["\(target.path) is gone, and so is what was kept of it: somebody else removed it, or a boot emptied its filesystem"])
    }

    private func superseded(_ target: FileTarget, _ kept: String) -> RevertOutcome {
        RevertOutcome(
            .superseded, notes: ["\(target.path) was made anew by somebody else, and theirs was left"],
            drift: ["\(target.path) is another file than before: the original is kept as \(kept)"])
    }

    func observe(_ target: FileTarget) throws(Problem) -> (state: String, drift: String?) {
        guard try status(target.path) == nil else { return ("there", "is there again: somebody else made it anew") }
        return ("deleted", nil)
    }

    /// Of the name itself; nil where there is none.
    private func status(_ path: String) throws(Problem) -> FileStatus? {
        var raw = faultd_file_status()
        if faultd_status_at(path, &raw) == 0 { return FileStatus(path: path, raw) }
        if [ENOENT, ENOTDIR].contains(errno) { return nil }
        throw .system("look at \(path)", errno: errno)
    }
}
