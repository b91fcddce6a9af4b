// Room on the disk that is kept for the ends of faults.
import FaultModel
import Glibc
import Synchronization

/// A file that only takes up room, beside the journal. Given up when the disk is full, so that what is in force can still be closed.
final class DiskReserve: Sendable {
    private let path: String
    private let isThere: Mutex<Bool>

    init(path: String) {
        self.path = path
        var status = stat()
        isThere = Mutex(stat(path, &status) == 0 && Int(status.st_blocks) * 512 >= Limits.journalReserve)
    }

    /// Makes the reserve if it is not there. False when there is no room for it.
    func make() -> Bool {
        isThere.withLock { isThere in
            if !isThere { isThere = allocate() }
            return isThere
        }
    }

    /// Gives the room back; false when there was none to give.
    func giveUp() -> Bool {
        isThere.withLock { isThere in
            defer { isThere = false }
            return isThere && unlink(path) == 0
        }
    }

    private func allocate() -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        // Returns the error instead of setting errno.
        if posix_fallocate(file, 0, off_t(Limits.journalReserve)) == 0 { return true }
        unlink(path)
        return false
    }
}
