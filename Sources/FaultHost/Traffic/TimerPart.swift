// A fault may shape several interfaces and both directions: each has a timer of its own, so that undoing one leaves the others theirs.
import FaultModel

extension TrafficUndo {
    var timerPart: String { "traffic" + (direction == .in ? "-in" : "") + namespace.timerPart }
}

extension LinkUndo {
    var timerPart: String { "links" + namespace.timerPart }
}

extension NamespacePin? {
    /// The inode in letters: a timer's name tells its fault by having nothing but letters after it.
    fileprivate var timerPart: String {
        guard let inode = self?.inode else { return "" }
        return "-" + String(String(inode, radix: 16).map { Character(UnicodeScalar(UInt8(97 + ($0.hexDigitValue ?? 0)))) })
    }
}
