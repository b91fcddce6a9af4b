// A packet rule as nf_tables evaluates it: the same expressions, in the same order, that nft(8) makes of `PacketRule.nftablesStatement`.
import FaultModel
import Glibc

extension NetlinkBody {
    mutating func add(_ rule: PacketRule, alive: String, _ sets: NftPortSets) {
        loadMeta(.family)
        compare(.equal, [rule.family.number])
        addresses(rule)
        interface(.inInterface, rule.inInterface)
        interface(.outInterface, rule.outInterface)
        transport(rule, sets)
        original(rule)
        share(rule)
        // Last, so that only packets that would be hit are looked up.
        loadMeta(.family)
        lookUp(alive)
        count()
        if case .reject(let reason) = rule.verdict { reject(reason, rule.family) } else { drop() }
    }

    private mutating func addresses(_ rule: PacketRule) {
        let (from, to): (UInt32, UInt32) = rule.family == .ipv4 ? (12, 16) : (8, 24)
        for (offset, cidr) in [(from, rule.source), (to, rule.destination)] {
            guard let cidr else { continue }
            let whole = cidr.wholeBytes
            loadPayload(.network, at: offset, count: UInt32(whole ?? cidr.bytes.count))
            compare(cidr, whole)
        }
    }

    private mutating func compare(_ cidr: CIDR, _ whole: Int?) {
        if whole == nil { mask(cidr.maskBytes) }
        compare(.equal, cidr.bytes.prefix(whole ?? cidr.bytes.count))
    }

    /// Zeros are part of a name; without them it is the beginning of one.
    private mutating func interface(_ what: Meta, _ match: InterfaceMatch?) {
        guard let match else { return }
        let isWhole = !match.name.hasSuffix("+")
        let name = Array((isWhole ? match.name[...] : match.name.dropLast()).utf8)
        loadMeta(what)
        compare(match.negated ? .notEqual : .equal, isWhole ? name + [UInt8](repeating: 0, count: Int(IFNAMSIZ) - name.count) : name)
    }

    private mutating func transport(_ rule: PacketRule, _ sets: NftPortSets) {
        guard let proto = rule.proto else { return }
        loadMeta(.transport)
        compare(proto.negated ? .notEqual : .equal, [proto.number])
        for (offset, match, set) in [(UInt32(0), rule.sourcePorts, sets.source), (2, rule.destinationPorts, sets.destination)] {
            guard let match else { continue }
            loadPayload(.transport, at: offset, count: 2)
            if let set { lookUp(NftPortSets.name, id: set, negated: match.negated) } else { compare(match.ranges[0], negated: match.negated) }
        }
    }

    private mutating func compare(_ ports: PortRange, negated: Bool = false) {
        if ports.low == ports.high { return compare(negated ? .notEqual : .equal, ports.low.networkBytes) }
        if negated { return compareOutside(ports.low.networkBytes, ports.high.networkBytes) }
        compare(.atLeast, ports.low.networkBytes)
        compare(.atMost, ports.high.networkBytes)
    }

    private mutating func original(_ rule: PacketRule) {
        guard rule.originalDestination != nil || rule.originalDestinationPorts != nil else { return }
        // IPS_DST_NAT, as the kernel keeps it.
        loadConnection(.status, isOriginal: false)
        mask(UInt32(0x20).hostBytes)
        compare(.notEqual, UInt32(0).hostBytes)
        if let cidr = rule.originalDestination {
            loadConnection(rule.family == .ipv4 ? .destination4 : .destination6, isOriginal: true)
            compare(cidr, cidr.wholeBytes)
        }
        if let ports = rule.originalDestinationPorts {
            loadConnection(.destinationPort, isOriginal: true)
            compare(ports)
        }
    }

    private mutating func share(_ rule: PacketRule) {
        if let every = rule.every {
            loadNumber(below: every, isRandom: false)
            compare(.equal, UInt32(every - 1).hostBytes)
        } else if let share = rule.share {
            loadNumber(below: share.of, isRandom: true)
            reorderNumber()
            compare(.less, UInt32(share.hit).networkBytes)
        }
    }
}

extension CIDR {
    /// How many bytes are compared where that needs no mask.
    fileprivate var wholeBytes: Int? { prefix > 0 && prefix % 8 == 0 ? prefix / 8 : nil }

    fileprivate var maskBytes: [UInt8] { bytes.indices.map { 0xFF & ~UInt8(truncatingIfNeeded: 0xFF >> min(8, max(0, prefix - $0 * 8))) } }
}

extension FixedWidthInteger where Self: BitwiseCopyable {
    fileprivate var hostBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
    fileprivate var networkBytes: [UInt8] { bigEndian.hostBytes }
}
