// Where an artefact is, in its name: what people look for, and what finds it again.
import FaultModel

extension Artefact {
    private static let separator = " in the network namespace net:["

    /// The same, found in another network namespace than the node's.
    func at(_ inode: UInt64) -> Artefact {
        Artefact(mechanism: mechanism, fault: fault, name: "\(name)\(Self.separator)\(inode)]")
    }

    /// The inode of the namespace; nil is the node's own.
    var place: UInt64? {
        guard let range = name.firstRange(of: Self.separator), name.hasSuffix("]") else { return nil }
        return UInt64(name[range.upperBound...].dropLast())
    }

    var withoutPlace: Artefact {
        guard let range = name.firstRange(of: Self.separator) else { return self }
        return Artefact(mechanism: mechanism, fault: fault, name: String(name[..<range.lowerBound]))
    }
}
