// A controller on a model node, ready to be used, killed and started again.
public import FaultEngine
import FaultKinds
public import FaultModel
import Logging

/// One run of the daemon on the model: make another on the same node and journal to restart it.
public struct Bench: Sendable {
    public let host: ModelHost
    public let journal: MemoryJournal
    public let clock: ManualClock
    public let controller: Controller
    public static let caller = Caller(via: "unix", uid: 1000, user: "ana", pid: 4242)

    public init(
        node: ModelNode = ModelNode(), journal contents: MemoryJournal.Contents = .init(), crash: CrashPoint = CrashPoint(at: nil),
        policy: Policy = Policy(), clock: ManualClock = ManualClock()
    ) {
        self.clock = clock
        host = ModelHost(node, clock: clock, crash: crash)
        journal = MemoryJournal(contents, crash: crash)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        controller = Controller(
            host: host, journal: journal, clock: clock, setting: .init(version: "test", nodeName: "model", policy: policy), logger: logger)
    }

    /// The daemon dies here and is started again on what is left.
    public func restarted(crash: CrashPoint = CrashPoint(at: nil), bootID: String? = nil) -> Bench {
        clock.stop()
        return Bench(
            node: host.node, journal: journal.contents, crash: crash, policy: controller.policy,
            clock: ManualClock(bootID: bootID ?? clock.bootID, now: clock.now()))
    }

    /// The power fails here, and the daemon is started on what the boot brings up.
    public func rebooted(crash: CrashPoint = CrashPoint(at: nil)) -> Bench {
        host.change { $0.reboot() }
        return restarted(crash: crash, bootID: clock.bootID + "+")
    }

    @discardableResult
    public func inject(_ kind: String, _ fields: KeyValuePairs<String, String>, lease: Duration? = .seconds(60)) async throws(Problem)
        -> FaultDocument
    {
        let spec = FormBody.object(fields.map { ($0.key, $0.value) })
        return try await controller.create(FaultRequest(kind: kind, spec: spec, lease: lease, lenient: true), by: Self.caller).fault
    }

    /// Lets time pass and everything that is due happen.
    public func pass(_ span: Duration) async {
        clock.advance(by: span)
        // Other tests run beside this one: what is due is done when the daemon sleeps again, so give it time to.
        for _ in 0..<50 {
            for _ in 0..<20 { await Task.yield() }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}
