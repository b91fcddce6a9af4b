// One open file and the calls that a fault makes on it.
import CLinux
import FaultModel
import Glibc

/// A regular file that was reached through no symbolic link; closed with the value.
final class OpenFile {
    let path: String
    let descriptor: Int32

    /// - Returns: nil where nothing has that name.
    static func existing(_ path: String, writable: Bool = false) throws(Problem) -> OpenFile? {
        // Not to wait for whoever opens the other end, should a pipe be there.
        let descriptor = faultd_open(path, UInt64((writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOFOLLOW), 0)
        if descriptor < 0 {
            if [ENOENT, ENOTDIR].contains(errno) { return nil }
            throw .system("open \(path)", errno: errno, hint: errno == ETXTBSY ? "it is a program that runs" : nil)
        }
        return OpenFile(path, descriptor)
    }

    /// A new file that only root may read, or a directory.
    static func new(_ path: String) throws(Problem) -> OpenFile {
        let descriptor = faultd_open(path, UInt64(O_RDWR | O_CREAT | O_EXCL), 0o600)
        guard descriptor >= 0 else { throw .system("make \(path)", errno: errno) }
        return OpenFile(path, descriptor)
    }

    static func directory(_ path: String) throws(Problem) -> OpenFile? {
        let descriptor = faultd_open(path, UInt64(O_RDONLY | O_DIRECTORY), 0)
        if descriptor < 0 {
            if [ENOENT, ENOTDIR].contains(errno) { return nil }
            throw .system("open the directory \(path)", errno: errno)
        }
        return OpenFile(path, descriptor)
    }

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func status() throws(Problem) -> FileStatus {
        var raw = faultd_file_status()
        guard faultd_status(descriptor, &raw) == 0 else { throw .system("look at \(path)", errno: errno) }
        return FileStatus(path: path, raw)
    }

    /// As many bytes as there are, at most `count`.
    func read(at offset: Int64, _ count: Int) throws(Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, off_t(offset) + off_t(done))
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .system("read \(path)", errno: errno) }
            if got == 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) throws(Problem) {
        var rest = bytes
        while !rest.isEmpty {
            let done = rest.count
            let got = rest.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, done, off_t(offset) + off_t(bytes.count - done)) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw .system("write to \(path)", errno: errno) }
            rest = rest.dropFirst(got)
        }
    }

    /// As they were; where the filesystem keeps none, nothing is lost.
    func setTimes(of file: FileStatus) { _ = faultd_set_times(descriptor, file.accessed, file.modified) }

    func sync() throws(Problem) {
        guard fsync(descriptor) == 0 else { throw .system("write \(path) to its disk", errno: errno) }
    }
}

extension FileStatus {
    init(path: String, _ raw: faultd_file_status) {
        self.init(
            path: path, device: Int64(bitPattern: raw.device), inode: Int64(bitPattern: raw.inode), size: raw.size, mode: raw.mode & 0o7777,
            uid: raw.uid, gid: raw.gid, accessed: raw.accessed, modified: raw.modified)
    }
}

/// Where each effect goes through, in order: the seam at which tests let the daemon die.
struct EffectSteps: Sendable {
    /// Called before each; throwing is dying there.
    var before: @Sendable (String) throws(Problem) -> Void = { _ in }
    /// Bytes that are written in one go.
    var chunk = 1 << 20

    func callAsFunction(_ name: String) throws(Problem) { try before(name) }
}
