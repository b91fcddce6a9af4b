// A call on its way to the manager, and what happens when its reply comes.
import CSystemd

/// A call that waits for its reply.
final class PendingCall {
    let id: UInt64
    let call: BusCall
    /// Nanoseconds of CLOCK_MONOTONIC.
    let deadline: Int64
    let continuation: CheckedContinuation<Result<[BusValue], BusError>, Never>
    /// The bus outlives its calls: it owns them.
    unowned let bus: Bus
    /// libsystemd's hold on this call; letting go of it takes the callback back.
    private var slot: OpaquePointer?

    init(
        id: UInt64, call: BusCall, deadline: Int64, bus: Bus, continuation: CheckedContinuation<Result<[BusValue], BusError>, Never>
    ) {
        self.id = id
        self.call = call
        self.deadline = deadline
        self.bus = bus
        self.continuation = continuation
    }

    deinit { sd_bus_slot_unref(slot) }

    func holds(_ slot: OpaquePointer?) { self.slot = slot }
}
