// Containers of every runtime on the node: which there are, and the verbs of the host for them.
import AsyncHTTPClient
import FaultModel

/// The mechanism behind `Change.containers`. `shutdown()` must be called before it goes away.
final class Containers: Mechanism {
    /// One for every socket that a runtime may have; which of them are there is looked up at each call.
    private let candidates: [any ContainerRuntime]
    private let client: HTTPClient
    let clock: any NodeClock
    /// How long a revert waits for a runtime that does not answer.
    let patience: Duration
    let deeds = Deeds()

    init(sockets: [RuntimeSocket] = RuntimeSocket.usual, clock: any NodeClock, patience: Duration = ContainerLimits.runtimeStart) {
        let client = DockerHTTP.makeClient()
        self.client = client
        self.clock = clock
        self.patience = patience
        candidates = sockets.map { socket -> any ContainerRuntime in
            switch socket.kind {
            case .docker, .podman: DockerEngine(kind: socket.kind, socket: socket.path, client: client)
            case .containerd, .crio: CRIRuntime(kind: socket.kind, socket: socket.path)
            }
        }
    }

    func shutdown() async { try? await client.shutdown() }

    /// Runtimes whose socket is there, each once although it may have several names.
    var present: [any ContainerRuntime] {
        var seen: Set<String> = []
        return candidates.filter { candidate in RuntimeSocket.identity(candidate.socket).map { seen.insert($0).inserted } ?? false }
    }

    /// Those to wait for news from: one that is not there now may be there soon.
    var watchable: [any ContainerRuntime] {
        let present = present
        let kinds = Set(present.map(\.kind))
        return present + candidates.filter { !kinds.contains($0.kind) }
    }

    /// The present ones of a kind; a node may have two of them, such as k3s' containerd beside the distribution's.
    func runtimes(_ kind: Runtime) throws(Problem) -> [any ContainerRuntime] {
        let found = present.filter { $0.kind == kind }
        guard found.isEmpty else { return found }
        let paths = candidates.filter { $0.kind == kind }.map(\.socket).joined(separator: ", ")
        throw Problem(.missingDependency, "\(kind.rawValue) is not there: no socket at \(paths)", hint: "is its unit running?")
    }

    /// Asks the present ones of a kind in turn until one has an answer. Docker's own containerd, which serves no CRI, has none to give.
    func ask<T: Sendable>(
        _ kind: Runtime, _ question: @Sendable (any ContainerRuntime) async throws(Problem) -> T?
    ) async throws(Problem) -> T? {
        for runtime in try runtimes(kind) {
            do throws(Problem) { if let answer = try await question(runtime) { return answer } } catch {
                guard error.type == .missingDependency else { throw error }
            }
        }
        return nil
    }

    // MARK: - what is there

    /// Every container of every runtime, running or not. A runtime that fails or hangs is told of and holds up no other.
    func list() async -> (containers: [Container], runtimes: [Runtime], errors: [String]) {
        let answers = await together(present) { runtime -> (Runtime, Result<[Container], Problem>) in
            do throws(Problem) { return (runtime.kind, .success(try await runtime.list())) } catch { return (runtime.kind, .failure(error)) }
        }
        var view: (containers: [Container], runtimes: [Runtime], errors: [String]) = ([], [], [])
        for (kind, answer) in answers {
            switch answer {
            case .success(let containers):
                view.containers += containers
                if !view.runtimes.contains(kind) { view.runtimes.append(kind) }
            case .failure(let problem) where problem.type == .missingDependency: continue  // Docker's own containerd: it serves no pods.
            case .failure(let problem): view.errors.append(problem.detail)
            }
        }
        return view
    }

    /// Its timer is its only backstop: see `TimerBacked`.
    func foresee(_ undo: ContainerUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }
    func arm(_ undo: ContainerUndo, until deadline: Moment) async throws(Problem) -> Backstop? { nil }

    func capabilities() async -> [CapabilityReport] { [await capability()] }

    func capability() async -> CapabilityReport {
        let answers = await together(present) { runtime -> Result<String, Problem> in
            do throws(Problem) { return .success(try await runtime.version()) } catch { return .failure(error) }
        }
        let versions = answers.compactMap { try? $0.get() }
        let failures = answers.compactMap { answer -> String? in
            if case .failure(let problem) = answer { problem.detail } else { nil }
        }
        let found = versions + failures
        return CapabilityReport(
            .containerRuntime, available: !versions.isEmpty, detail: found.isEmpty ? "no runtime's socket is there" : found.joined(separator: "; "),
            remedy: versions.isEmpty ? remedy(failures.isEmpty) : nil)
    }

    private func remedy(_ isNonePresent: Bool) -> String {
        isNonePresent
            ? "install one (apt install docker.io, or containerd), or start it; looked for \(candidates.map(\.socket).joined(separator: ", "))"
            : "see why it does not answer: systemctl status docker containerd"
    }
}
