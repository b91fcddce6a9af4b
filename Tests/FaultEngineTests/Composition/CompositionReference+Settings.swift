// Mechanisms that come to this: something has a value while a fault is in force, and its own again after that.
import FaultModel
import FaultTesting

struct PoolSetting: Sendable {
    var mechanism: String
    /// As the model node calls it.
    var key: String
    var value: String
    /// Two specs with the same claim clash.
    var claim: String
}

extension CompositionReference {
    /// What is set: of faults in force, and of those whose undo does not work, as long as their timer has not fired.
    func checkSettings(_ found: [String: String]) throws(CompositionViolation) {
        let wanted = live.filter(\.value.isSet).compactMap(\.value.spec.setting)
        let values = Dictionary(wanted.map { ($0.key, $0.value) }) { first, _ in first }
        guard values == found else { throw .init("set is \(found), not \(values)") }
    }

    /// The timer of a setting; where the undo has not worked it may have fired.
    func checkTimer(_ name: Int, _ fault: ReferenceFault, _ timers: inout [String: Int64]) throws(CompositionViolation) {
        guard let setting = fault.spec.setting else { return }
        let timer = timers.removeValue(forKey: "faultd-\(fault.id.text.lowercased())-\(setting.mechanism)")
        if fault.stage == .active, timer == nil { throw .init("f\(name) has no timer") }
        guard timer == nil || timer == fault.deadline else { throw .init("the timer of f\(name) fires at \(timer ?? 0), not \(fault.deadline)") }
    }
}
