// A folder of its own for each test, and a fault's life on a file in it.
import FaultModel
import Foundation
import Glibc
import Synchronization

@testable import FaultHost

/// Dies at the n-th effect, and is dead from there on.
final class Death: Sendable {
    private let left: Mutex<Int>
    init(at step: Int) { left = Mutex(step) }
    var hasCome: Bool { left.withLock { $0 <= 0 } }

    func before(_ name: String) throws(Problem) {
        let isDead = left.withLock { left in
            left -= 1
            return left <= 0
        }
        if isDead { throw Problem(.internalError, "died before \(name)") }
    }

    func steps(chunk: Int) -> EffectSteps {
        EffectSteps(before: { [self] name throws(Problem) in try before(name) }, chunk: chunk)
    }
}

struct Folder {
    let path: String
    let id = FaultID(time: Timestamp(milliseconds: 1), random: (7, 7))

    init() throws {
        // By its real path: what is reached through a symbolic link is refused.
        path = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path + "/faultd-files-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
    func file(_ name: String = "file") -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], to name: String = "file") throws { try Data(bytes).write(to: URL(fileURLWithPath: file(name))) }
    func bytes(_ name: String = "file") -> [UInt8]? { (try? Data(contentsOf: URL(fileURLWithPath: file(name)))).map(Array.init) }

    /// Everything that a fault could have changed: names, inodes, content, owners, modes and times of all files.
    func sight() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().filter { $0 != "state" }.map { name in
            guard let file = try? OpenFile.existing(file(name)), let status = try? file.status() else { return name }
            return "\(name) \(status.inode) \(status.size) \(FileAccess.text(status)) \(status.modified) \(bytes(name) ?? [])"
        }
    }

    /// What is left in the state directory.
    var leftovers: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path + "/state/undo")) ?? []).sorted() }

    func mechanism(_ death: Death? = nil, chunk: Int = 1 << 20) -> Files {
        mkdir(path + "/state", 0o700)
        return Files(state: path + "/state", steps: death?.steps(chunk: chunk) ?? EffectSteps(chunk: chunk))
    }

    func change(_ act: FileAct, _ name: String = "file", ranges: [FileRange] = []) throws -> FileChange {
        let file = try OpenFile.existing(file(name))
        guard let status = try file?.status() else { throw Problem(.noMatch, "the test has no \(name)") }
        return FileChange(act, [FileTarget(status, ranges: ranges)])
    }

    static let later = Moment(boot: .max, wall: Timestamp(milliseconds: 1 << 40))
}
