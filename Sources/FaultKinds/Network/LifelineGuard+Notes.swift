// What the answer says was left alone.
import FaultModel

extension LifelineGuard {
    /// Names in one note; of more, how many.
    private static let mostNames = 8

    /// - Parameter ends: the other ends that the fault names; nil is everybody of that family.
    func notes(_ ends: [(family: IPFamily, peer: CIDR?)]) -> [String] {
        func meets(_ address: CIDR) -> Bool { ends.contains { $0.family == address.family && $0.peer?.covers(address) != false } }
        var notes: [String] = []
        if spared.contains(.ssh) { notes += [portNote, sshNote(meets), blindNote].compactMap { $0 } }
        if spared.contains(.dhcp) { notes.append("left alone: DHCP") }
        if spared.contains(.neighbours), let note = neighbourNote(ends, meets) { notes.append(note) }
        if spared.contains(.loopback) { notes.append("left alone: loopback") }
        return notes
    }

    private var portNote: String? {
        guard !ports.isEmpty else { return nil }
        return "left alone: of this node, tcp port \(Self.list(ports.map { "\($0.range.text) (\($0.why))" }))"
    }

    private func sshNote(_ meets: (CIDR) -> Bool) -> String? {
        let caller = node.lifelines.callerPeer
        let others = node.lifelines.sshPeers.filter { $0 != caller && meets($0.address) }.map(\.address.text)
        var names = others.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        if let caller, meets(caller.address) {
            names = ["\(caller.address.text) (your own connection)"] + names.filter { $0 != caller.address.text }
        }
        return names.isEmpty ? nil : "left alone: ssh from \(Self.list(names))"
    }

    private var blindNote: String? {
        node.lifelines.unseen.map { "which ports sshd uses could not be found out (\($0)): confirm, or the fault ends" }
    }

    /// ARP is no IP packet, and the rules name no ICMPv6.
    private func neighbourNote(_ ends: [(family: IPFamily, peer: CIDR?)], _ meets: (CIDR) -> Bool) -> String? {
        let gateways = node.lifelines.gateways.filter(meets)
        let families = Set(ends.map(\.family))
        let means = (families.contains(.ipv4) ? ["ARP"] : []) + (families.contains(.ipv6) ? ["ICMPv6"] : [])
        guard !gateways.isEmpty || families.contains(.ipv6) else { return nil }
        let whom = gateways.isEmpty ? "" : ", the default gateway \(Self.list(gateways.map(\.text))) among them"
        return "left alone: \(means.joined(separator: " and ")), by which the node finds its neighbours\(whom)"
    }

    private static func list(_ names: [String]) -> String {
        let more = names.count - mostNames
        return names.prefix(mostNames).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}

extension CIDR {
    /// Whether every address of the other is one of these.
    func covers(_ other: CIDR) -> Bool {
        family == other.family && prefix <= other.prefix && CIDR(family: family, bytes: other.bytes, prefix: prefix)?.bytes == bytes
    }
}
