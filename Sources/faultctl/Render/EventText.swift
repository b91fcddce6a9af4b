// Events as lines of a log.
import FaultModel

enum EventText {
    static func line(_ event: Event, _ look: Look) -> Styled {
        let time = look.preciseClock(event.at)
        let id = (event.fault?.short ?? "").padding(to: FaultID.shortLength)
        return "\(time, .dim)  \(event.type.rawValue.padding(to: 16), paint(event.type))  \(id, .bold)  \(event.message)"
    }

    static func paint(_ type: Event.Kind) -> Paint? {
        switch type {
        case .faultActive, .haltLifted, .faultDriftOver: .good
        case .faultDrift, .faultApplying, .faultReverting, .daemonStopping, .orphanRemoved, .clockStepped: .warn
        case .faultReverted, .daemonStarted: .dim
        case .faultFailed: .bad
        case .faultStuck, .haltSet: .alarm
        case .faultRenewed, .faultConfirmed, .faultTakenOver, .faultEvidence, .faultRepeated: .accent
        }
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - columns)) }
}
