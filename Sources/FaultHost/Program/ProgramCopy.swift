// A copy of this program on the node's disk, with its loader and libraries: what a backstop runs when the container that it came in is gone.
import CLinux
public import FaultModel
import Glibc

/// A folder that holds all that running the program takes, so that nothing of the node's is needed: neither its libraries nor their versions.
public struct ProgramCopy: Sendable {
    public let folder: String

    static let program = "faultd"
    private static let configuration = "faultd.yaml"
    /// Bytes that are copied or compared in one go.
    private static let chunk = 1 << 20
    /// RENAME_EXCHANGE of linux/fs.h.
    private static let exchange: UInt32 = 2

    public init(folder: String) { self.folder = folder }

    public var configurationPath: String { "\(folder)/\(Self.configuration)" }

    /// `/lib64/ld-linux-x86-64.so.2 --library-path FOLDER FOLDER/faultd`, see ld.so(8).
    static func command(loader: String) -> [String] {
        let folder = String(loader[..<(loader.lastIndex(of: "/") ?? loader.startIndex)])
        return [loader, "--library-path", folder, "\(folder)/\(program)"]
    }

    static func isLoader(_ path: String) -> Bool { path.split(separator: "/").last?.hasPrefix("ld-") ?? false }

    /// Makes it, or leaves the one that is there and the same: a restart on a full disk must not fail here.
    /// - Parameter configuration: the text of the file that it will be run with.
    /// - Returns: words that run it.
    public func make(configuration: String) throws(Problem) -> [String] {
        try make(OwnProgram.parts(), configuration: configuration)
    }

    func make(_ parts: [OwnProgram.Part], configuration: String) throws(Problem) -> [String] {
        guard let loader = parts.first(where: { Self.isLoader($0.name) }) else {
            throw Problem(.internalError, "this program was not put together by a loader, so it can't be copied with its libraries")
        }
        let text = Array(configuration.utf8)
        if !(try isCurrent(parts, text)) { try replace(parts, text) }
        return Self.command(loader: "\(folder)/\(loader.name)")
    }

    private func isCurrent(_ parts: [OwnProgram.Part], _ configuration: [UInt8]) throws(Problem) -> Bool {
        for part in parts {
            guard let copy = try OpenFile.existing("\(folder)/\(part.name)"), try Self.isSame(try Self.open(part.path), copy) else { return false }
        }
        guard let copy = try OpenFile.existing(configurationPath) else { return false }
        return try copy.read(at: 0, configuration.count + 1) == configuration
    }

    private static func isSame(_ one: OpenFile, _ other: OpenFile) throws(Problem) -> Bool {
        guard try one.status().size == other.status().size else { return false }
        var position: Int64 = 0
        while case let bytes = try one.read(at: position, chunk), !bytes.isEmpty {
            guard try other.read(at: position, chunk) == bytes else { return false }
            position += Int64(bytes.count)
        }
        return true
    }

    /// In one step: a backstop that fires meanwhile finds the old copy or the new one, never half of each.
    private func replace(_ parts: [OwnProgram.Part], _ configuration: [UInt8]) throws(Problem) {
        let half = "\(folder).new"
        try Self.remove(half)
        guard mkdir(half, 0o700) == 0 else { throw .system("make the directory \(half)", errno: errno) }
        for part in parts { try Self.copy(part.path, to: "\(half)/\(part.name)") }
        let file = try OpenFile.new("\(half)/\(Self.configuration)")
        try file.write(configuration[...], at: 0)
        try file.sync()
        try OpenFile.directory(half)?.sync()
        guard rename(half, folder) == 0 || renameat2(AT_FDCWD, half, AT_FDCWD, folder, Self.exchange) == 0 else {
            throw .system("make \(folder)", errno: errno)
        }
        try Self.remove(half)
    }

    private static func copy(_ path: String, to new: String) throws(Problem) {
        let (source, copy) = (try open(path), try OpenFile.new(new))
        var position: Int64 = 0
        while case let bytes = try source.read(at: position, chunk), !bytes.isEmpty {
            try copy.write(bytes[...], at: position)
            position += Int64(bytes.count)
        }
        guard fchmod(copy.descriptor, 0o700) == 0 else { throw .system("make \(new) a program", errno: errno) }
        try copy.sync()
    }

    private static func open(_ path: String) throws(Problem) -> OpenFile {
        guard let file = try OpenFile.existing(path) else { throw .system("open \(path)", errno: ENOENT) }
        return file
    }

    /// A folder of ours, which holds files only. Gone already is fine.
    private static func remove(_ folder: String) throws(Problem) {
        guard let listing = opendir(folder) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != "..", unlink("\(folder)/\(name)") != 0 { throw .system("remove \(folder)/\(name)", errno: errno) }
        }
        guard rmdir(folder) == 0 else { throw .system("remove \(folder)", errno: errno) }
    }
}
