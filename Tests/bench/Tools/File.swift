// Small files, read and written whole.
import Glibc

enum File {
    static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "re") else { throw Failure.system("read \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ path: String, _ text: String) throws {
        guard let file = fopen(path, "we") else { throw Failure.system("write \(path)") }
        let written = fwrite(Array(text.utf8), 1, text.utf8.count, file)
        guard fclose(file) == 0, written == text.utf8.count else { throw Failure.system("write \(path)") }
    }

    /// The number after a name at the start of a line: `Rss:   123 kB`, `Threads: 4`.
    static func number(_ name: String, in text: String) -> Int? {
        text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            .flatMap { $0.split(whereSeparator: { !$0.isNumber }).first { _ in true } }.flatMap { Int($0) }
    }

    static func names(in folder: String) -> [String] {
        guard let open = opendir(folder) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while let entry = readdir(open) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
