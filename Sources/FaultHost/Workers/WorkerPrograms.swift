// What faultd itself does as a worker. Each of these holds something and then sleeps until it is killed.
import CLinux
public import FaultModel
import Glibc

/// The bodies of `faultd worker …`; `ready` is called once, with what came of it.
public enum WorkerPrograms {
    /// Becomes another program inside control groups of its own: `mkdir GROUP; echo 0 > GROUP/cgroup.procs; exec PROGRAM`.
    public static func join(_ groups: [String], then command: [String]) throws(Problem) -> Never {
        try ControlGroups.join(groups)
        try Exec.run(command)
    }

    public static func leave(_ groups: [String]) throws(Problem) { try ControlGroups.end(groups, within: Workers.Limit.groupEnd) }

    /// Threads that sleep: to the kernel's limits each is a task like any process.
    public static func holdTasks(_ count: Int, ready: (String) -> Void) -> Never {
        // Not `pthread_attr_t()`: which Swift module that belongs to changes with what else is linked.
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, smallStack)
        var made = 1
        var failure: Int32 = 0
        while made < count, failure == 0 {
            var thread = pthread_t()
            failure = pthread_create(
                &thread, attributes,
                { _ in
                    while true { pause() }
                }, nil)
            if failure == 0 { made += 1 }
        }
        ready("\(made) of \(count) tasks" + (failure == 0 ? "" : ": \(String(cString: strerror(failure)))"))
        sleepForEver()
    }

    /// Twice PTHREAD_STACK_MIN.
    private static let smallStack = 32 << 10

    public static func holdFiles(_ count: Int, ready: (String) -> Void) -> Never {
        var made = 0
        while made < count, open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 { made += 1 }
        let reason = made < count ? ": \(String(cString: strerror(errno)))" : ""
        ready("\(made) of \(count) files\(reason)")
        sleepForEver()
    }

    static func sleepForEver() -> Never {
        while true { pause() }
    }
}
