// Calls on disks, which may not answer for a long time: each on a thread of its own, with an end to the waiting.
import FaultModel
import Synchronization

/// Keeps what changes a fault's files in order: what a disk still holds up may yet have its effect, so undoing waits until it has returned.
final class DiskCalls: Sendable {
    private static let limit = Duration.seconds(120)
    private let running = Mutex<Set<FaultID>>([])

    /// Refused while an earlier change of the same fault has not returned; whoever undoes tries again.
    func change<T: Sendable>(_ doing: String, of fault: FaultID, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        guard running.withLock({ $0.insert(fault).inserted }) else {
            throw Problem(.timedOut, "could not \(doing): an earlier call still waits for the disk")
        }
        return try await Self.onThread(doing) { [self] () throws(Problem) in
            defer { running.withLock { _ = $0.remove(fault) } }
            return try work()
        }
    }

    /// A thread for each call: one that a disk holds up keeps no other from being done.
    static func onThread<T: Sendable>(_ doing: String, _ work: @escaping @Sendable () throws(Problem) -> T) async throws(Problem) -> T {
        let answer = FirstAnswer<Result<T, Problem>>()
        Task {
            let thread = DedicatedThread(name: "faultd-files")
            do throws(Problem) { answer.give(.success(try await thread.run(urgent: true, work))) } catch { answer.give(.failure(error)) }
            thread.close()
        }
        let timer = Task {
            do { try await Task.sleep(for: limit) } catch { return }
            answer.give(.failure(Problem(.timedOut, "could not \(doing): the disk did not answer within \(limit.text)")))
        }
        defer { timer.cancel() }
        return try await answer.value().get()
    }
}
