// The timer that ends a fault, or one mechanism's part of it, when nobody else does.
import FaultModel

struct BackstopTimer: Sendable, Hashable {
    var fault: FaultID
    /// Nil for the fault's units.
    var part: String?
    /// Units that it starts by itself; without any it runs `faultd revert` alone.
    var starts: [String] = []
    /// Units that it stops by itself.
    var stops: [String] = []
    /// Programs that it runs besides, so that also a lost journal leaves nothing in force.
    var commands: [[String]] = []

    /// Whether it undoes the effect even where `faultd revert` can't be run.
    var actsAlone: Bool { !starts.isEmpty || !stops.isEmpty || !commands.isEmpty }

    /// Without a suffix, as its first name.
    var name: String { "faultd-\(fault.text.lowercased())" + (part.map { "-\($0)" } ?? "") }
    /// A renewal starts the other of two names before it stops the first, so there is never a moment without one.
    var names: [String] { [name, name + "-renewed"] }

    /// The fault in `faultd-01abc….timer`, `faultd-01abc…-traffic.timer` or `faultd-01abc…-renewed.service`; nothing else names one.
    static func fault(in unit: String) -> FaultID? {
        guard unit.hasPrefix("faultd-"), let dot = unit.lastIndex(of: "."), [".timer", ".service"].contains(unit[dot...]) else { return nil }
        let stem = unit[..<dot].dropFirst("faultd-".count)
        guard let dash = stem.firstIndex(of: "-") else { return FaultID(String(stem)) }
        return stem[dash...].dropFirst().allSatisfy { $0.isLowercase || $0 == "-" } ? FaultID(String(stem[..<dash])) : nil
    }
}

extension UnitUndo {
    var timer: BackstopTimer { BackstopTimer(fault: fault, starts: units.filter(\.wasActive).map(\.name)) }
}
