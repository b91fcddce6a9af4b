// Where the fields of a rule are: ipt_entry for IPv4, ip6t_entry for IPv6.
import CNetfilter
import FaultModel

/// Byte offsets of the fixed part of a rule; matches follow it, the target comes last.
struct EntryLayout: Sendable {
    var size: Int
    var source, sourceMask, destination, destinationMask: Int
    var inInterface, inInterfaceMask, outInterface, outInterfaceMask: Int
    var proto, flags, inverse: Int
    var targetOffset, nextOffset, counters: Int

    static func of(_ family: IPFamily) -> EntryLayout { family == .ipv4 ? ipv4 : ipv6 }

    private static let ipv4 = EntryLayout(
        size: MemoryLayout<ipt_entry>.size,
        source: at(\ipt_entry.ip.src), sourceMask: at(\ipt_entry.ip.smsk),
        destination: at(\ipt_entry.ip.dst), destinationMask: at(\ipt_entry.ip.dmsk),
        inInterface: at(\ipt_entry.ip.iniface), inInterfaceMask: at(\ipt_entry.ip.iniface_mask),
        outInterface: at(\ipt_entry.ip.outiface), outInterfaceMask: at(\ipt_entry.ip.outiface_mask),
        proto: at(\ipt_entry.ip.proto), flags: at(\ipt_entry.ip.flags), inverse: at(\ipt_entry.ip.invflags),
        targetOffset: at(\ipt_entry.target_offset), nextOffset: at(\ipt_entry.next_offset), counters: at(\ipt_entry.counters))

    private static let ipv6 = EntryLayout(
        size: MemoryLayout<ip6t_entry>.size,
        source: at(\ip6t_entry.ipv6.src), sourceMask: at(\ip6t_entry.ipv6.smsk),
        destination: at(\ip6t_entry.ipv6.dst), destinationMask: at(\ip6t_entry.ipv6.dmsk),
        inInterface: at(\ip6t_entry.ipv6.iniface), inInterfaceMask: at(\ip6t_entry.ipv6.iniface_mask),
        outInterface: at(\ip6t_entry.ipv6.outiface), outInterfaceMask: at(\ip6t_entry.ipv6.outiface_mask),
        proto: at(\ip6t_entry.ipv6.proto), flags: at(\ip6t_entry.ipv6.flags), inverse: at(\ip6t_entry.ipv6.invflags),
        targetOffset: at(\ip6t_entry.target_offset), nextOffset: at(\ip6t_entry.next_offset), counters: at(\ip6t_entry.counters))

    private static func at<Root>(_ field: PartialKeyPath<Root>) -> Int { StructBytes.offset(of: field) }
}
