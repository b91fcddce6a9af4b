// What every kind that filters packets says of itself in the reference, whichever tables a node has.

enum PacketManual {
    static let touches = """
        Rules in chains of faultd's own: FAULTD-INPUT, FAULTD-OUTPUT and FAULTD-FORWARD of the filter table, IPv4 and IPv6, or, on a node that \
        uses nftables, rules and a set of the fault's own in the table inet faultd (inet faultd-2 and so on when it is full). No rule of others is \
        changed. With container they are put into the network of each chosen container instead. Left alone: ssh, faultd's own port, DHCP, \
        neighbour discovery and loopback where the fault did not name them.
        """

    static let undo = """
        The rules that carry the fault's mark are removed, then the chains (and the table inet faultd) when they are empty. Rules of others \
        that changed meanwhile are told as drift and stay as they are. The network of a container that has ended is gone, and the rules with it.
        """

    static let backstop = """
        The kernel: every rule stops matching at the end of the lease by itself; within a second with iptables, within some milliseconds \
        with nftables. Inside containers as well.
        """
}
