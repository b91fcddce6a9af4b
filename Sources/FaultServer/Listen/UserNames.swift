// Names of users by id, asked for in a way that can't hold up a request.
import Glibc
import NIOPosix
import Synchronization

/// getpwuid_r(3) may ask a directory server, which a network fault of our own may have cut off: it runs on a thread of its own, a request
/// waits for it only so long, and what was found is kept.
final class UserNames: Sendable {
    private typealias Waiting = AsyncStream<String?>.Continuation

    private enum Entry: Sendable {
        case asked(since: ContinuousClock.Instant, [Waiting])
        case known(String)
    }
    private enum Step {
        case have(String?)
        case ask, wait
    }
    private let entries = Mutex<[UInt32: Entry]>([:])
    private let lookUp: @Sendable (UInt32) -> String?
    private let patience: Duration

    /// Users that are remembered; past this everything is forgotten.
    private static let most = 1024

    /// - Parameter patience: how long a request waits for a name that is not known yet.
    init(patience: Duration = .milliseconds(250), lookUp: @escaping @Sendable (UInt32) -> String? = UserNames.passwd) {
        self.patience = patience
        self.lookUp = lookUp
    }

    /// The user's name; nil when there is none, or it is not known in time.
    func name(of uid: UInt32) async -> String? {
        let (answers, waiting) = AsyncStream.makeStream(of: String?.self)
        switch enter(uid, waiting) {
        case .have(let name): return name
        case .ask: NIOThreadPool.singleton.submit { [self] _ in answer(uid, lookUp(uid)) }
        case .wait: break
        }
        return await withTaskGroup(of: String?.self) { [patience] group in
            group.addTask { await answers.first { _ in true } ?? nil }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func enter(_ uid: UInt32, _ waiting: Waiting) -> Step {
        entries.withLock { entries in
            if entries.count >= Self.most { entries.removeAll() }
            switch entries[uid] {
            case .known(let name): return .have(name)
            case .asked(let since, let others):
                // A directory that has not answered for so long is not waited for again.
                guard ContinuousClock.now - since < patience else { return .have(nil) }
                entries[uid] = .asked(since: since, others + [waiting])
                return .wait
            case nil:
                entries[uid] = .asked(since: .now, [waiting])
                return .ask
            }
        }
    }

    private func answer(_ uid: UInt32, _ name: String?) {
        let entry = entries.withLock { entries in
            defer { entries[uid] = name.map(Entry.known) }
            return entries[uid]
        }
        // A user without a name may be given one: that is asked for again.
        guard case .asked(_, let waiting) = entry else { return }
        for one in waiting { one.yield(name) }
    }

    /// getent passwd UID
    @Sendable static func passwd(_ uid: UInt32) -> String? {
        var entry = Glibc.passwd()
        var found: UnsafeMutablePointer<Glibc.passwd>?
        var room = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(uid, &entry, &room, room.count, &found) == 0, let found, let name = found.pointee.pw_name else { return nil }
        return String(cString: name)
    }
}
