// Files of a line or two, such as the kernel's own: read and written in one go.
import FaultModel
import Glibc

enum SmallFile {
    /// Nil leaves the reason in errno.
    static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = Glibc.read(file, &chunk, chunk.count), count != 0 {
            if count < 0 { return nil }
            bytes += chunk.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Its first line, without the end of it.
    static func line(_ path: String) -> String? { read(path).map { String($0.prefix { $0 != "\n" }) } }

    /// What a link names, such as `pid:[4026531836]`.
    static func link(_ path: String, limit: Int = 64) -> String? {
        var bytes = [CChar](repeating: 0, count: limit)
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// `echo TEXT > PATH`, of a file that is there.
    static func write(_ text: String, to path: String) throws(Problem) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system("open \(path)", errno: errno) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw .system("write \(text) to \(path)", errno: errno) }
    }
}
