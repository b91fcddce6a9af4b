// One piece of work on a thread of its own, waited for.
import Glibc

enum ThrowAwayThread {
    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Blocks until `work` is done.
    /// - Returns: 0, or the errno for which no thread was to be had; then `work` was not done.
    static func run(_ work: @escaping () -> Void) -> Int32 { run(work) {} }

    /// The same, while `meanwhile` is done on the calling thread.
    static func run(_ work: @escaping () -> Void, meanwhile: () -> Void) -> Int32 {
        let context = Unmanaged.passRetained(Box(work)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        guard code == 0 else {
            Unmanaged<Box>.fromOpaque(context).release()
            return code
        }
        meanwhile()
        pthread_join(thread, nil)
        return 0
    }
}
