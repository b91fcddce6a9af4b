// What this daemon did to containers, for the times and outcomes in evidence. A restart forgets it, and undoing never needs it.
import FaultModel
import Synchronization

final class Deeds: Sendable {
    struct Deed: Sendable, Hashable {
        var killedAt: Timestamp?
        /// How the fault left it, once it has been reverted.
        var ending: Ending?
    }
    enum Ending: Sendable, Hashable { case startedByFaultd, gaveUp }

    private struct Memory {
        var deeds: [String: Deed] = [:]
        var order: [String] = []
    }
    private let memory = Mutex(Memory())

    subscript(pin: ContainerPin) -> Deed {
        memory.withLock { $0.deeds[pin.runKey] ?? Deed() }
    }

    func note(_ pin: ContainerPin, _ change: (inout Deed) -> Void) {
        memory.withLock { memory in
            if memory.deeds[pin.runKey] == nil {
                memory.order.append(pin.runKey)
                if memory.order.count > ContainerLimits.deeds { memory.deeds[memory.order.removeFirst()] = nil }
            }
            change(&memory.deeds[pin.runKey, default: Deed()])
        }
    }
}
