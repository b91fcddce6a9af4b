// What rules are in: tables, chains, and the sets that keep them in force.
import FaultModel

extension NftMessages {
    // MARK: - tables and chains

    /// `nft add table inet faultd`.
    mutating func addTable(_ shard: Int) { add(.newTable, .create) { $0.add(1, NftablesFault.table(shard)) } }

    mutating func deleteTable(_ shard: Int) { add(.deleteTable, .ifEmpty) { $0.add(1, NftablesFault.table(shard)) } }

    /// `nft 'add chain inet faultd output { type filter hook output priority filter - 1; }'`.
    mutating func addChain(_ chain: PacketChain, _ shard: Int) {
        add(.newChain, .create) { body in
            body.add(1, NftablesFault.table(shard))
            body.add(3, NftablesFault.chain(chain))
            body.nest(4) {
                $0.add(1, number: chain.hook.bigEndian)
                $0.add(2, number: NftablesFault.priority.bigEndian)
            }
            body.add(7, "filter")
        }
    }

    mutating func deleteChain(_ name: String, _ shard: Int) {
        add(.deleteChain, .ifEmpty) {
            $0.add(1, NftablesFault.table(shard))
            $0.add(3, name)
        }
    }

    mutating func getChain(_ name: String, _ shard: Int) {
        add(.getChain) {
            $0.add(1, NftablesFault.table(shard))
            $0.add(3, name)
        }
    }

    // MARK: - the set of a fault

    /// `nft 'add set inet faultd alive-ID { type nf_proto; flags timeout; }'`, with both families in it.
    /// - Parameter isNew: refused where there is one.
    mutating func addSet(_ fault: NftablesFault, lasting: Duration, isNew: Bool = true) {
        let id = count
        add(.newSet, isNew ? [.create, .ifNew] : .create) { body in
            body.add(1, NftablesFault.table(fault.shard))
            body.add(2, fault.alive)
            // NFT_SET_TIMEOUT; the numbers by which nft knows the type, its length, and in which byte order it is.
            body.add(3, number: UInt32(0x10).bigEndian)
            body.add(4, number: UInt32(2).bigEndian)
            body.add(5, number: UInt32(1).bigEndian)
            body.add(10, number: id.bigEndian)
            body.add(13, [0, 4, 0, 0, 0, 0])
        }
        addLife(fault, IPFamily.allCases, lasting: lasting)
    }

    mutating func getSet(_ fault: NftablesFault) {
        add(.getSet) {
            $0.add(1, NftablesFault.table(fault.shard))
            $0.add(2, fault.alive)
        }
    }

    mutating func deleteSet(_ fault: NftablesFault) {
        add(.deleteSet) {
            $0.add(1, NftablesFault.table(fault.shard))
            $0.add(2, fault.alive)
        }
    }

    mutating func addLife(_ fault: NftablesFault, _ families: [IPFamily], lasting: Duration) {
        elements(.newElement, .create, fault, families) { $0.add(4, number: UInt64(lasting.milliseconds).bigEndian) }
    }

    mutating func deleteLife(_ fault: NftablesFault, _ families: [IPFamily]) { elements(.deleteElement, [], fault, families) }

    mutating func getLife(_ fault: NftablesFault, _ family: IPFamily) { elements(.getElement, [], fault, [family]) }

    /// All of them, whatever they are.
    mutating func emptySet(_ fault: NftablesFault) { elements(.deleteElement, [], fault, []) }

    private mutating func elements(
        _ kind: Kind, _ flags: Flags, _ fault: NftablesFault, _ families: [IPFamily], _ fill: (inout NetlinkBody) -> Void = { _ in }
    ) {
        add(kind, flags) { body in
            body.add(1, NftablesFault.table(fault.shard))
            body.add(2, fault.alive)
            if families.isEmpty { return }
            body.nest(3) { list in
                for family in families {
                    list.nest(1) { element in
                        fill(&element)
                        element.nest(1) { $0.add(1, [family.number]) }
                    }
                }
            }
        }
    }
}

extension IPFamily {
    /// NFPROTO_IPV4 and NFPROTO_IPV6.
    var number: UInt8 { self == .ipv4 ? 2 : 10 }
}

extension PacketChain {
    /// NF_INET_*.
    fileprivate var hook: UInt32 {
        switch self {
        case .prerouting: 0
        case .input: 1
        case .forward: 2
        case .output: 3
        }
    }
}
