// What there is now of containers that were pinned, and of those that do their work instead.
import FaultModel

struct Sight: Sendable, Hashable {
    /// The pinned container itself; nil when it was removed.
    var own: ContainerRun?
    /// Others of the same workload that run, the newest first.
    var others: [ContainerRun] = []

    /// The word for a process that has ended while its runtime has not noticed yet.
    static let ending = "ending"
}

extension Containers {
    /// Looks at all pins at once: one list of each runtime concerned, then the details of what matters.
    func look(at pins: [ContainerPin], after action: ContainerChange.Action) async throws(Problem) -> [Sight] {
        var listed: [Runtime: [Listed]] = [:]
        for kind in Set(pins.map(\.runtime)) { listed[kind] = try await list(kind) }
        return try await together(pins) { [listed] pin throws(Problem) in
            var sight = try await Self.sight(of: pin, among: listed[pin.runtime] ?? [])
            sight.noticeEnd(of: pin, action)
            return sight
        }
    }

    private struct Listed: Sendable {
        var runtime: any ContainerRuntime
        var container: Container
    }

    /// All or nothing: with one of two runtimes of a kind silent, a container of its own would seem to be gone.
    private func list(_ kind: Runtime) async throws(Problem) -> [Listed] {
        try await together(try runtimes(kind)) { runtime throws(Problem) -> [Listed] in
            do throws(Problem) { return try await runtime.list().map { Listed(runtime: runtime, container: $0) } } catch {
                guard error.type == .missingDependency else { throw error }
                return []
            }
        }.flatMap { $0 }
    }

    private static func sight(of pin: ContainerPin, among listed: [Listed]) async throws(Problem) -> Sight {
        var sight = Sight()
        for item in listed where item.container.id == pin.id { sight.own = try await item.runtime.inspect(pin) }
        for item in listed where item.container.id != pin.id && item.container.isRunning && item.container.workload == pin.workload {
            let run = try await item.runtime.inspect(item.container.id, isSandbox: item.container.isSandbox)
            if let run, run.isAlive { sight.others.append(named(run, as: item.container)) }
        }
        sight.others.sort { ($0.container.createdAt ?? .distantPast) > ($1.container.createdAt ?? .distantPast) }
        return sight
    }

    /// The list knows the pod's name where CRI's details don't.
    private static func named(_ run: ContainerRun, as listed: Container) -> ContainerRun {
        var run = run
        run.container.name = listed.name
        return run
    }
}

extension Sight {
    /// A runtime learns of a death some milliseconds later than we do; until then it still says "running".
    fileprivate mutating func noticeEnd(of pin: ContainerPin, _ action: ContainerChange.Action) {
        guard case .signal = action, let run = own, run.isAlive, run.isSameRun(as: pin), run.pid > 0, !ProcessTable.isLive(run.pid) else { return }
        own?.container.state = Self.ending
    }
}

extension Timestamp {
    static let distantPast = Timestamp(milliseconds: .min)
}
