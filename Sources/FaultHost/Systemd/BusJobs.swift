// Waiting for the manager's jobs: a start or stop is only asked for by the call; its end comes as a signal.
import FaultModel

/// Who waits for which job, and which ends came before anybody waited.
struct JobBook {
    private struct Wait {
        let deadline: Int64
        let continuation: CheckedContinuation<String?, Never>
    }
    private var waits: [String: [Wait]] = [:]
    /// Ends of jobs whose path we may not know yet: JobRemoved can overtake the reply that names the job.
    private var early: [String: String] = [:]
    /// Jobs that were asked for and have not ended for us. Only while there are some, ends are kept in `early`.
    private var open = 0

    var deadlines: [Int64] { waits.values.flatMap { $0.map(\.deadline) } }

    mutating func begin() { open += 1 }

    mutating func end() {
        open -= 1
        if open == 0 { early = [:] }
    }

    mutating func removed(_ path: String, _ result: String) {
        if open > 0 { early[path] = result }
        for wait in waits.removeValue(forKey: path) ?? [] { wait.continuation.resume(returning: result) }
    }

    /// The end of the job, if it is known already; else the continuation is kept until then or the deadline, when it gets nil.
    mutating func wait(for path: String, until deadline: Int64, _ continuation: CheckedContinuation<String?, Never>) {
        if let result = early[path] { return continuation.resume(returning: result) }
        waits[path, default: []].append(Wait(deadline: deadline, continuation: continuation))
    }

    /// Everybody who waits for this job goes on without its end.
    mutating func giveUp(_ path: String) {
        for wait in waits.removeValue(forKey: path) ?? [] { wait.continuation.resume(returning: nil) }
    }

    mutating func expire(at now: Int64) {
        for (path, all) in waits where all.contains(where: { $0.deadline <= now }) {
            waits[path] = all.filter { $0.deadline > now }
            if waits[path]?.isEmpty == true { waits[path] = nil }
            for wait in all where wait.deadline <= now { wait.continuation.resume(returning: nil) }
        }
    }

    /// The connection is gone and signals with it: everybody must ask.
    mutating func lookAgain() {
        let all = waits.values.flatMap { $0 }
        waits = [:]
        for wait in all { wait.continuation.resume(returning: nil) }
    }
}

extension Bus {
    /// A signal may be lost with a connection, so the job itself is looked at this often.
    private static let lookEvery = Duration.seconds(1)

    /// How a job ended. `unknown`: it is gone, and its end was not seen.
    enum JobEnd: Sendable, Hashable {
        case done
        case other(String)
        case unknown
    }

    /// Makes calls that answer with a job each, in this order, and then waits for all the jobs' ends. The manager works on all at once.
    /// - Parameters:
    ///   - limit: for all of them together.
    ///   - canBeCancelled: whether the end of the caller's task ends the waiting, and keeps what was not asked for from being asked for.
    func run(_ calls: [BusCall], limit: Duration, canBeCancelled: Bool = false) async -> [Result<JobEnd, BusError>] {
        let deadline = monotonicNow() + limit.nanoseconds
        jobs.begin()
        defer { jobs.end() }
        var begun: [Result<String?, BusError>] = []
        for call in calls { begun.append(canBeCancelled && Task.isCancelled ? .failure(.cancelled) : await begin(call)) }
        var ended: [Result<JobEnd, BusError>] = []
        for job in begun { ended.append(await end(of: job, until: deadline, canBeCancelled)) }
        return ended
    }

    private func begin(_ call: BusCall) async -> Result<String?, BusError> {
        do throws(BusError) { return .success(try await self.call(call).first?.text) } catch { return .failure(error) }
    }

    private func end(of job: Result<String?, BusError>, until deadline: Int64, _ canBeCancelled: Bool) async -> Result<JobEnd, BusError> {
        do throws(BusError) {
            guard let path = try job.get() else { return .success(.unknown) }
            return .success(try await end(ofJob: path, until: deadline, canBeCancelled))
        } catch { return .failure(error) }
    }

    private func end(ofJob path: String, until deadline: Int64, _ canBeCancelled: Bool) async throws(BusError) -> JobEnd {
        repeat {
            if let result = await removal(of: path, until: min(deadline, monotonicNow() + Self.lookEvery.nanoseconds), canBeCancelled) {
                return result == "done" ? .done : .other(result)
            }
            if canBeCancelled, Task.isCancelled { throw .cancelled }
            if try await isGone(path) { return .unknown }
        } while monotonicNow() < deadline
        throw .timedOut
    }

    private func removal(of path: String, until deadline: Int64, _ canBeCancelled: Bool) async -> String? {
        await withTaskCancellationHandler {
            // Cancelled before, nobody would end the wait; cancelled from here on, the handler's task comes after it on this actor.
            if canBeCancelled, Task.isCancelled { return nil }
            return await withCheckedContinuation { jobs.wait(for: path, until: deadline, $0) }
        } onCancel: {
            if canBeCancelled { Task { await self.giveUp(path) } }
        }
    }

    /// Whoever else waits for this job looks at it and goes on waiting.
    private func giveUp(_ path: String) { jobs.giveUp(path) }

    private func isGone(_ job: String) async throws(BusError) -> Bool {
        do throws(BusError) {
            _ = try await call(BusCall(propertiesOf: job, interface: "org.freedesktop.systemd1.Job"))
            return false
        } catch {
            if case .refused = error { return true }
            throw error
        }
    }
}
