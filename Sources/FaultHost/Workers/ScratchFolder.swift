// The folder in which a worker makes files: ours by its name, and removed with all that is in it.
import FaultModel
import Glibc

enum ScratchFolder {
    /// Whether a worker may write so much in this folder.
    static func check(_ directory: String, for bytes: Int64) throws(Problem) {
        if let kept = NodesView.keeps(directory) { throw refused(directory, kept) }
        var system = statvfs()
        guard statvfs(directory, &system) == 0 else { throw refused(directory, "can't be used: \(String(cString: strerror(errno)))") }
        guard access("\(directory)/.", W_OK | X_OK) == 0 else { throw refused(directory, "can't be written to: \(String(cString: strerror(errno)))") }
        let free = Int64(clamping: system.f_bavail) * Int64(clamping: system.f_frsize)
        guard free - bytes >= Workers.Limit.diskRest else {
            throw Problem(
                .impossible, "\(directory) has \(free >> 20) MiB left: \(bytes >> 20) MiB of files would leave too little",
                hint: "take less: \(Workers.Limit.diskRest >> 20) MiB stay free", errors: [.init("spec.size", "is more than the disk has to spare")])
        }
    }

    private static func refused(_ directory: String, _ why: String) -> Problem {
        Problem(.noMatch, "\(directory) \(why)", errors: [.init("spec.directory", why)])
    }

    /// `mkdir FOLDER`. One that is there is of an earlier try, and nobody else's: its name holds the fault's id.
    static func make(_ folder: String) throws(Problem) {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .system("make the folder \(folder)", errno: errno) }
    }

    /// `rm -r FOLDER`, following no link. Gone already is success.
    /// - Returns: whether it was there.
    static func remove(_ folder: String) throws(Problem) -> Bool {
        guard folder.split(separator: "/").last?.hasPrefix(".faultd-worker-") == true else {
            throw Problem(.internalError, "\(folder) is no folder of a worker")
        }
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return false }
            throw .system("open \(folder)", errno: errno)
        }
        try empty(file, folder)
        guard rmdir(folder) == 0 || errno == ENOENT else { throw .system("remove \(folder)", errno: errno) }
        return true
    }

    /// Takes over the descriptor.
    private static func empty(_ folder: Int32, _ path: String) throws(Problem) {
        guard let stream = fdopendir(folder) else {
            let code = errno
            close(folder)
            throw .system("list \(path)", errno: code)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
            if name != ".", name != ".." { try remove(name, in: dirfd(stream), path) }
        }
    }

    private static func remove(_ name: String, in folder: Int32, _ path: String) throws(Problem) {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .system("remove \(path)/\(name)", errno: errno) }
        let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { throw .system("open \(path)/\(name)", errno: errno) }
        try empty(inner, "\(path)/\(name)")
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .system("remove \(path)/\(name)", errno: errno) }
    }
}
