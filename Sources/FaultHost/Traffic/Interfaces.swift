// What may be shaped, and what is left of any fault.
import FaultModel
import Glibc

enum Interfaces {
    static func prepare(_ change: TrafficChange, for fault: FaultID, in pin: NamespacePin?) throws(Problem) -> TrafficUndo {
        let link = try find(change.interface)
        let before = try TrafficSight.qdiscs(of: link.index, change.direction)
        if let foreign = before.first(where: { $0.isRoot || $0.isIngress }), !foreign.isDefault || foreign.isIngress {
            throw Problem(
                .conflict, "\(link.name) has a qdisc of somebody else: \(foreign.qdisc.text); faultd does not replace it",
                hint: "choose another interface, or remove it first (tc qdisc show dev \(link.name))")
        }
        return TrafficUndo(
            fault: fault, interface: link.name, index: link.index, direction: change.direction, shape: change.shape,
            filters: change.hit.count + change.spared.count, before: before.map(\.qdisc), namespace: pin)
    }

    static func find(_ name: String) throws(Problem) -> LinkSight {
        let links = try LinkMessages.list()
        if let link = links.first(where: { $0.name == name }) { return link }
        let names = links.map(\.name)
        throw Problem(
            .noMatch, "there is no interface \(name)",
            hint: nearest(to: name, among: names).map { "did you mean \($0)?" } ?? "there are \(names.joined(separator: ", "))",
            errors: [.init("spec.interface", "must be one of \(names.joined(separator: ", "))")])
    }

    // MARK: what is left

    /// Of the calling thread's namespace.
    static func inventory() throws(Problem) -> [Artefact] {
        let links = try LinkMessages.list()
        var found: [Artefact] = []
        for qdisc in try TrafficSight.qdiscs() where qdisc.isOurs || qdisc.isIngress {
            guard let link = links.first(where: { $0.index == qdisc.index }), !link.isOurDevice else { continue }
            let parent = qdisc.isOurs ? TrafficMessages.Handle.ours : TrafficMessages.Handle.ingress
            let owner = try TrafficSight.owner(of: link.index, parent: parent)
            if qdisc.isOurs || owner != nil { found.append(.qdisc(of: link.name, qdisc.isOurs ? .out : .in, owner)) }
        }
        return found + links.filter(\.isOurDevice).map { .device($0.name, $0.alias.flatMap(FaultID.init(mark:))) }
    }

    static func remove(_ artefact: Artefact) throws(Problem) {
        for link in try LinkMessages.list() {
            if artefact == .qdisc(of: link.name, .out, artefact.fault), try owner(link, TrafficMessages.Handle.ours) == artefact.fault {
                _ = try TrafficMessages.deleteRoot(of: link.index).perform("remove the qdisc of \(link.name)", unless: [ENOENT, EINVAL, ENODEV])
            }
            if artefact == .qdisc(of: link.name, .in, artefact.fault), try owner(link, TrafficMessages.Handle.ingress) == artefact.fault {
                try removeIngress(of: link)
            }
            if link.isOurDevice, artefact == .device(link.name, artefact.fault) {
                _ = try LinkMessages.remove(link.index).perform("remove \(link.name)", unless: [ENODEV])
            }
        }
    }

    private static func owner(_ link: LinkSight, _ parent: UInt32) throws(Problem) -> FaultID? {
        try TrafficSight.owner(of: link.index, parent: parent)
    }

    /// Wholly if only ours is in it; otherwise the mark goes last, so that what is left is still found.
    static func removeIngress(of link: LinkSight) throws(Problem) {
        let doing = "remove filters of \(link.name)"
        guard try TrafficSight.filters(of: link.index, parent: TrafficMessages.Handle.ingress).contains(where: { !$0.isOurs }) else {
            _ = try TrafficMessages.deleteIngress(of: link.index).perform(doing, unless: [ENOENT, EINVAL, ENODEV])
            return
        }
        for (priority, type) in priorities.reversed() {
            let message = TrafficMessages.deleteFilters(
                of: link.index, parent: TrafficMessages.Handle.ingress, priority: priority, ethertype: type)
            _ = try message.perform(doing, unless: [ENOENT, EINVAL, ENODEV])
        }
    }

    /// Of our filters, with the Ethernet protocol of each.
    private static let priorities: [(UInt16, UInt16)] = [(1, 0x0003), (2, 0x0800), (3, 0x86DD), (4, 0x0800), (5, 0x86DD)]
}

extension Artefact {
    fileprivate static func qdisc(of interface: String, _ direction: TrafficDirection, _ fault: FaultID?) -> Artefact {
        let what = direction == .out ? "qdisc \(TrafficChange.handle)" : "ingress qdisc"
        return Artefact(mechanism: .traffic, fault: fault, name: "\(what) on \(interface)")
    }

    fileprivate static func device(_ name: String, _ fault: FaultID?) -> Artefact {
        Artefact(mechanism: .traffic, fault: fault, name: "device \(name)")
    }
}
