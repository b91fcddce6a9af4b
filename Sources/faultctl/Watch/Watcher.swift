// The live view's loop: inputs change the model, the model is drawn, and news make it look again.
import FaultClient
import FaultModel
import Glibc

struct Watcher {
    private let client: FaultClient
    private let feed: Feed
    private let screen: FullScreen
    private var model = WatchModel()
    private var isLooking = false
    private var hasNews = false

    private static let period = Duration.seconds(1)
    /// Events come in bursts; one look serves them all.
    private static let gather = Duration.milliseconds(50)
    /// Faults that ended which may still be shown.
    private static let recent = 20
    private static let quitKeys: [UInt8] = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3]

    static func run(_ client: FaultClient) async throws {
        // Before the screen is taken: a daemon that is not there is told in plain words.
        _ = try await client.version()
        let screen = FullScreen()
        let feed = Feed(client, every: period, signals: [SIGINT, SIGTERM, SIGHUP, SIGWINCH], keys: screen.hasKeys)
        defer {
            feed.stop()
            screen.close()
        }
        var watcher = Watcher(client: client, feed: feed, screen: screen)
        try await watcher.loop()
    }

    private init(client: FaultClient, feed: Feed, screen: FullScreen) {
        self.client = client
        self.feed = feed
        self.screen = screen
    }

    private mutating func loop() async throws {
        draw()
        for await input in feed.inputs {
            switch input {
            case .tick: break
            case .key(let key): if Self.quitKeys.contains(key) { return }
            case .signal(let number): if number != SIGWINCH { return }
            case .failed(let problem): throw problem
            case .update(let update): take(update)
            case .snapshot(let snapshot): take(snapshot)
            }
            draw()
        }
    }

    private mutating func take(_ update: EventUpdate) {
        model.take(update)
        if case .lost = update { return }
        hasNews = true
        lookAgain()
    }

    private mutating func take(_ snapshot: Snapshot?) {
        if let snapshot { model.take(snapshot, at: .now) }
        isLooking = false
        lookAgain()
    }

    private mutating func lookAgain() {
        guard hasNews, !isLooking else { return }
        (isLooking, hasNews) = (true, false)
        let needsKinds = model.kinds.isEmpty
        Task { [client, feed] in
            try? await Task.sleep(for: Self.gather)
            feed.send(.snapshot(await Self.snapshot(client, kinds: needsKinds)))
        }
    }

    /// Nil when the daemon went away meanwhile; the event stream tells of that.
    private static func snapshot(_ client: FaultClient, kinds: Bool) async -> Snapshot? {
        var open = HistoryQuery()
        open.states = FaultState.open
        open.limit = 1000
        var latest = HistoryQuery()
        latest.limit = recent
        guard let inForce = try? await client.faults(open).items, let ended = try? await client.faults(latest).items else { return nil }
        let faults = inForce + ended.filter { fault in fault.state.isFinal && !inForce.contains { $0.id == fault.id } }
        let known = kinds ? (try? await client.kinds().items) ?? [] : []
        return Snapshot(faults: faults, node: try? await client.node().document, kinds: known)
    }

    private func draw() {
        var look = Terminal.look()
        let size = Terminal.size()
        (look.width, look.rows) = (size.columns, size.rows)
        screen.draw(WatchScreen.lines(model, at: .now, look), look)
    }
}
