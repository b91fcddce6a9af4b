// Holding an answer until a fault is in a wanted state.
import FaultEngine
import FaultModel
import ServiceLifecycle

enum FaultWait {
    /// How long an answer is held when the caller does not say.
    static let usual = Duration.seconds(30)
    static let longest = Duration.seconds(3600)

    private static let states = Field<[FaultState]>("wait", "Hold the answer until the fault is in one of these states.")
    private static let timeout = Field<Duration>(
        "timeout", default: usual, "How long to hold it.",
        check: { $0 <= longest ? nil : "must be at most \(longest.text)" })

    static func read(_ call: Call) throws(Problem) -> (Set<FaultState>, Duration) {
        try call.readQuery { (Set($0.read(states) ?? []), $0.read(timeout) ?? usual) }
    }

    /// The fault once it is in one of the states, or in one that it never leaves; as it stands at the timeout, or when the daemon stops.
    static func hold(_ id: FaultID, until states: Set<FaultState>, timeout: Duration, on controller: Controller) async throws -> FaultDocument {
        do {
            return try await cancelWhenGracefulShutdown {
                try await waitUnlessCancelled { try await controller.wait(id, until: states, timeout: timeout) }
            }
        } catch is CancellationError {
            return try await controller.fault(id)
        }
    }
}
