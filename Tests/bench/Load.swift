// Many clients at once, each on a connection and a thread of its own.
import Synchronization

/// Faults made or ended by so many clients, until there are enough or the time is up.
struct Load {
    let ids: [String]
    let seconds: Double
    /// Why it stopped before there were enough.
    let failure: String?
    var perSecond: Double { seconds > 0 ? Double(ids.count) / seconds : 0 }

    static let clients = 64

    /// - Parameter body: the request of the n-th.
    static func create(_ numbers: Range<Int>, by clients: Int, _ daemon: Daemon, within seconds: Double, _ body: @escaping @Sendable (Int) -> String)
        throws -> Load
    {
        try run(numbers, by: clients, daemon, within: seconds) { wire, number in
            let answer = try wire.call("POST", "/v1/faults", body(number)).require(201, "POST of fault \(number)")
            return answer.id ?? ""
        }
    }

    static func delete(_ ids: [String], by clients: Int, _ daemon: Daemon, within seconds: Double) throws -> Load {
        try run(0..<ids.count, by: clients, daemon, within: seconds) { wire, number in
            _ = try wire.call("DELETE", "/v1/faults/\(ids[number])").require(200, "DELETE")
            return ids[number]
        }
    }

    private static func run(
        _ numbers: Range<Int>, by clients: Int, _ daemon: Daemon, within seconds: Double, _ work: @escaping @Sendable (Wire, Int) throws -> String
    ) throws -> Load {
        let path = daemon.socketPath
        let shared = Shared(next: numbers.lowerBound)
        let start = Clock.now()
        Threads.run(clients) { _ in
            do {
                let wire = try Wire(path)
                while let number = shared.take(below: numbers.upperBound), Clock.milliseconds(since: start) < seconds * 1000 {
                    shared.add(try work(wire, number))
                }
            } catch { shared.stop(because: "\(error)") }
        }
        return Load(ids: shared.ids, seconds: Clock.milliseconds(since: start) / 1000, failure: shared.failure)
    }

    private final class Shared: Sendable {
        private let next: Mutex<Int>
        private let done = Mutex<[String]>([])
        private let stopped = Mutex<String?>(nil)

        init(next: Int) { self.next = Mutex(next) }

        func take(below end: Int) -> Int? {
            next.withLock { number in
                guard number < end, failure == nil else { return nil }
                number += 1
                return number - 1
            }
        }

        func add(_ id: String) { done.withLock { $0.append(id) } }
        var ids: [String] { done.withLock { $0 } }

        /// The first reason is kept.
        func stop(because why: String) { stopped.withLock { $0 = $0 ?? why } }
        var failure: String? { stopped.withLock { $0 } }
    }
}
