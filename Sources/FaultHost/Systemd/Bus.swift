// The conversation with the manager: calls with a time limit, one connection that is made anew when it breaks.
import FaultModel

/// A client of org.freedesktop.systemd1. Its executor is the thread that owns the connection.
actor Bus {
    /// The other side allows 128 unanswered calls a connection (dbus-daemon's `max_replies_per_connection`).
    static let callsAtOnce = 32
    /// A manager that re-executes itself is gone for this long at most, and was there before.
    static let reconnectTime = Duration.seconds(3)
    private static let reconnectPause = Duration.milliseconds(50)

    private nonisolated let thread = BusThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let addresses: [BusAddress]
    private let limit: Duration
    private var connection: BusConnection?
    private var connectedTo: BusAddress?
    /// The manager has answered at least once, so it exists and a broken connection is worth making anew.
    private var hasAnswered = false
    /// This connection has carried an answer.
    private var isProven = false
    /// Where the next search for an address begins: past one that took the connection and dropped it.
    private var firstAddress = 0
    private var sent: [UInt64: PendingCall] = [:]
    /// Calls beyond `callsAtOnce`, in their order.
    private var queued: [PendingCall] = []
    private var lastID: UInt64 = 0
    var jobs = JobBook()
    var watchers = WatchBook()

    /// - Parameters:
    ///   - addresses: tried in turn whenever there is no connection.
    ///   - limit: how long a call may take, unless it says otherwise.
    init(addresses: [BusAddress], limit: Duration) {
        self.addresses = addresses
        self.limit = limit
        thread.start(name: "faultd-systemd") { [weak self] in self?.assumeIsolated { $0.pump() } }
    }

    deinit { thread.interrupt() }

    /// The address in use.
    var address: BusAddress? { connectedTo }

    // MARK: calls

    /// Sends a call and returns its reply's values. One that the connection broke under is sent again if the manager comes back:
    /// every call that is made here may be repeated.
    func call(_ call: BusCall, limit: Duration? = nil) async throws(BusError) -> [BusValue] {
        let start = monotonicNow()
        let deadline = start + (limit ?? self.limit).nanoseconds
        let lastTry = min(deadline, start + Self.reconnectTime.nanoseconds)
        var tries = 0
        while true {
            let failure: BusError
            tries += 1
            switch await send(call, until: deadline) {
            case .success(let values): return values
            case .failure(let error): failure = error
            }
            let isWorthIt = hasAnswered ? failure.isLostConnection : failure == .disconnected && tries < addresses.count
            guard isWorthIt, monotonicNow() < lastTry, !Task.isCancelled else { throw failure }
            try? await Task.sleep(for: Self.reconnectPause)
        }
    }

    private func send(_ call: BusCall, until deadline: Int64) async -> Result<[BusValue], BusError> {
        do throws(BusError) { try connect() } catch { return .failure(error) }
        return await withCheckedContinuation { continuation in
            lastID += 1
            queued.append(PendingCall(id: lastID, call: call, deadline: deadline, bus: self, continuation: continuation))
            sendQueued()
        }
    }

    private func connect() throws(BusError) {
        guard connection == nil else { return }
        var reasons: [String] = []
        for address in addresses[firstAddress...] + addresses[..<firstAddress] {
            do throws(BusError) {
                connection = try BusConnection(to: address, for: self)
                connectedTo = address
                isProven = false
                return
            } catch { reasons.append("\(address): \(error.reason)") }
        }
        throw .unreachable(reasons.joined(separator: "; "))
    }

    private func sendQueued() {
        while let connection, sent.count < Self.callsAtOnce, !queued.isEmpty {
            let next = queued.removeFirst()
            do throws(BusError) {
                try connection.send(next)
                sent[next.id] = next
            } catch { next.continuation.resume(returning: .failure(error)) }
        }
    }

    /// A reply came in.
    func finish(_ id: UInt64, _ result: Result<[BusValue], BusError>) {
        guard let pending = sent.removeValue(forKey: id) else { return }
        if result.isAnswer { (hasAnswered, isProven) = (true, true) }
        pending.continuation.resume(returning: result)
        sendQueued()
    }

    // MARK: the loop

    /// One turn of the loop between two waits.
    private func pump() -> BusWait {
        if let connection, !connection.process() { drop() }
        expire()
        var wait = connection?.wait ?? BusWait(socket: nil, events: 0, deadline: nil)
        let deadlines = sent.values.map(\.deadline) + queued.map(\.deadline) + jobs.deadlines + [wait.deadline].compactMap { $0 }
        wait.deadline = deadlines.min()
        return wait
    }

    /// Calls and waits whose time is up. A connection that has not even come about by then is given up.
    private func expire() {
        let now = monotonicNow()
        let late = sent.values.filter { $0.deadline <= now } + queued.filter { $0.deadline <= now }
        jobs.expire(at: now)
        guard !late.isEmpty else { return }
        for call in late { sent[call.id] = nil }
        queued.removeAll { $0.deadline <= now }
        for call in late { call.continuation.resume(returning: .failure(.timedOut)) }
        if let connection, !connection.isReady { drop() }
        sendQueued()
    }

    private func drop() {
        let lost = Array(sent.values) + queued
        sent = [:]
        queued = []
        for call in lost { call.continuation.resume(returning: .failure(.disconnected)) }
        connection = nil
        connectedTo = nil
        if !isProven { firstAddress = (firstAddress + 1) % addresses.count }
        jobs.lookAgain()
        watchers.changedSomewhere()
    }

    func received(_ signal: BusSignal) {
        switch signal {
        case .jobRemoved(let path, let result): jobs.removed(path, result)
        case .changed(let path): watchers.changed(path)
        }
    }
}

extension Result<[BusValue], BusError> {
    /// From the manager, be it yes or no.
    fileprivate var isAnswer: Bool {
        switch self {
        case .success, .failure(.refused): true
        case .failure: false
        }
    }
}

extension BusError {
    fileprivate var isLostConnection: Bool {
        switch self {
        case .disconnected, .unreachable: true
        case .refused, .timedOut, .cancelled, .local: false
        }
    }
}
