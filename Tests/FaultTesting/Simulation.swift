// Runs asynchronous code on one thread, in an order that a seed decides: a run can be repeated, and "settled" is known, not guessed.
import FaultModel
import Foundation
import Glibc

/// Every job that a job of the simulation makes ready stays in it, so settled is exact: no job is ready. Nothing in it may wait for real time.
public final class Simulation: TaskExecutor, @unchecked Sendable {
    // Touched by the simulation's thread alone.
    private var ready: [UnownedJob] = []
    private var settling: [UnsafeContinuation<Void, Never>] = []
    private var order: SplitMix64

    private init(seed: UInt64) { order = SplitMix64(seed: seed) }

    /// Runs `body` to its end on the calling thread, which must not be one that tasks run on.
    /// - Returns: nil when everybody waits for somebody, so that nothing would ever happen again.
    public static func run<T: Sendable>(seed: UInt64, _ body: @escaping @Sendable (Simulation) async -> T) -> T? {
        let simulation = Simulation(seed: seed)
        let result = Box<T>()
        ThreadsSimulation.with(simulation) {
            Task { result.value = await body(simulation) }
            simulation.drain()
        }
        return result.value
    }

    /// Runs `work` on as many threads of their own, and returns when all are done.
    public static func onThreads(_ count: Int, _ work: @escaping @Sendable () -> Void) async {
        await withTaskGroup { group in
            for _ in 0..<count { group.addTask { await onThread(work) } }
        }
    }

    public static func onThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }

    /// Returns when nothing is left to do but what the caller does next, and with `last` what others who wait for this do.
    public func settle(last: Bool = false) async { await withUnsafeContinuation { settling.insert($0, at: last ? 0 : settling.count) } }

    public func enqueue(_ job: consuming ExecutorJob) { add(UnownedJob(job)) }

    fileprivate func add(_ job: UnownedJob) { ready.append(job) }

    private func drain() {
        while true {
            while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
            guard let settled = settling.popLast() else { return }
            settled.resume()
        }
    }

    private func next() -> UnownedJob? {
        guard !ready.isEmpty else { return nil }
        ready.swapAt(Int(order.next() % UInt64(ready.count)), ready.count - 1)
        return ready.removeLast()
    }

    /// Only the simulation's thread writes it, and reads it when the simulation is over.
    private final class Box<T>: @unchecked Sendable { var value: T? }
}

/// Which simulation a thread belongs to. The runtime asks a hook where to run a job that has no executor of its own; other threads' jobs go on as ever.
private enum ThreadsSimulation {
    typealias Original = @convention(thin) (UnownedJob) -> Void
    typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    static func with(_ simulation: Simulation, _ work: () -> Void) {
        precondition(isInstalled, "this Swift runtime has no swift_task_enqueueGlobal_hook")
        pthread_setspecific(key, Unmanaged.passUnretained(simulation).toOpaque())
        work()
        pthread_setspecific(key, nil)
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    private static let isInstalled: Bool = {
        guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), "swift_task_enqueueGlobal_hook") else { return false }
        let hook: Hook = { job, original in
            guard let mine = pthread_getspecific(key) else { return original(job) }
            Unmanaged<Simulation>.fromOpaque(mine).takeUnretainedValue().add(job)
        }
        symbol.assumingMemoryBound(to: Hook?.self).pointee = hook
        return true
    }()
}
