// Every bound of the daemon that no configuration changes, with its unit.

public enum Limits {
    /// Bytes of one text value.
    public static let textBytes = 4096
    /// Entries of one list in a spec.
    public static let listItems = 256
    /// Labels of one fault, or of one selector.
    public static let labels = 64
    /// Bytes of a request's body.
    public static let bodyBytes = 1 << 20
    /// Bytes of a field's name, in JSON and in a form.
    public static let nameBytes = 256
    /// Lists and objects inside each other.
    public static let jsonDepth = 32
    /// Members of one JSON object.
    public static let jsonMembers = 1024
    /// Packet rules that one fault may put in force.
    public static let packetRules = 4096
    /// Filters that one fault may put on one interface and direction.
    public static let trafficFilters = 1024
    /// Bytes of one regular expression.
    public static let patternBytes = 1024
    /// The shortest lease: below it, granting and reverting would be most of the lease.
    public static let shortestLease = Duration.milliseconds(100)
    /// Events kept for `Last-Event-ID`; older ones are pruned when the daemon starts.
    public static let eventsKept = 50_000
    /// Ended faults kept as history; older ones are pruned when the daemon starts.
    public static let historyKept = 10_000
    /// Between two looks at a fault that is in force.
    public static let patrolPause = Duration.seconds(5)
    /// The pause is also so many times as long as the look took: all looks together, which are at the same time, take at most a twentieth of it.
    public static let patrolRest = 20
    /// Looks at faults that are under way at the same time.
    public static let looksAtOnce = 1024
    /// Notes that one fault keeps of having been out of force.
    public static let driftNotes = 20
    /// Bytes of the journal's disk that are kept free for the ends of faults: some hundreds of them, with their events.
    public static let journalReserve = 4 << 20
    /// Bytes that stay free on a disk that the node or the journal needs, those that only root may use included.
    public static let diskFloor: Int64 = 64 << 20
    /// Bytes of files that one fault may save in the state directory.
    public static let savedBytes: Int64 = 256 << 20
    /// Bytes of an idempotency key.
    public static let keyBytes = 255
}
