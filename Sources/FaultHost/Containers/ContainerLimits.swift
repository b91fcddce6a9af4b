// Every bound of the container mechanism, with its unit.

enum ContainerLimits {
    /// A list, an inspection or a version: a runtime that is busy answers well within it, one that hangs must not hold up the others.
    static let read = Duration.seconds(2)
    /// The runtime's own kill or start of one container; `docker kill` waits for the end, an image on a slow disk takes a while to start.
    static let act = Duration.seconds(15)
    /// From a signal that can't be caught to the end of the process.
    static let fatalEnd = Duration.seconds(5)
    /// From a signal that can be caught: long enough to see a process that ends by it, short enough for one that only reloads.
    static let otherEnd = Duration.milliseconds(300)
    /// For a runtime that is being started when a fault ends.
    static let runtimeStart = Duration.seconds(15)
    /// For a restart policy to bring a container back before faultd does: its first delay is 100 ms, and containers start one by one.
    static let policyGrace = Duration.seconds(3)
    /// For a supervisor such as the kubelet, which looks once a second, to replace a container.
    static let supervisorGrace = Duration.seconds(2)
    /// Between two looks while something is awaited.
    static let recheck = Duration.milliseconds(100)
    /// Between two lists of a runtime that tells no events, at first and at most; the kubelet's own generic PLEG lists every second.
    static let firstPoll = Duration.milliseconds(250)
    static let slowestPoll = Duration.seconds(1)
    /// Before an event stream that broke is opened again, at first and at most.
    static let firstReconnect = Duration.milliseconds(250)
    static let slowestReconnect = Duration.seconds(2)
    /// Bytes of one answer; a list of 10,000 containers is about 10 MB.
    static let answerBytes = 64 << 20
    /// Calls to one runtime at the same time.
    static let parallelCalls = 16
    /// Kills that are remembered, for the times in evidence.
    static let deeds = 4096
}
