// Rulesets as `nft list ruleset` shows them.

enum NftGoldens {
    private static let id = "01MCC5RM000000000000000001"
    /// What every rule ends with, around its verdict.
    private static let hit = "meta nfproto @alive-\(id) counter packets 0 bytes 0"
    private static let mark = "comment \"faultd:\(id)\""

    static let rich = """
        table inet faultd {
        \tset alive-\(id) {
        \t\ttype nf_proto
        \t\tflags timeout
        \t\telements = { ipv4 timeout T expires T, ipv6 timeout T expires T }
        \t}

        \tchain input {
        \t\ttype filter hook input priority filter - 1; policy accept;
        \t\tip saddr 192.168.7.9 udp sport 53 numgen random mod 4 < 1 \(hit) reject with icmp port-unreachable \(mark)
        \t\tmeta nfproto ipv4 sctp dport { 9899-9900, 38412 } \(hit) reject with icmp host-unreachable \(mark)
        \t\tmeta l4proto icmp \(hit) reject with icmp net-unreachable \(mark)
        \t\tmeta nfproto ipv4 iifname != "lo" \(hit) reject with icmp admin-prohibited \(mark)
        \t\tip6 saddr 2001:db8::7 meta l4proto != ipv6-icmp \(hit) reject with icmpv6 port-unreachable \(mark)
        \t\tmeta l4proto ipv6-icmp \(hit) reject with icmpv6 addr-unreachable \(mark)
        \t\tmeta nfproto ipv6 iifname "eth0" \(hit) reject with icmpv6 no-route \(mark)
        \t}

        \tchain output {
        \t\ttype filter hook output priority filter - 1; policy accept;
        \t\tmeta nfproto ipv4 tcp dport 443 \(hit) drop \(mark)
        \t\tip daddr 10.0.0.0/8 oifname "eth0" tcp dport { 80, 8000-8099 } \(hit) drop \(mark)
        \t\tmeta nfproto ipv4 tcp sport 53 tcp dport 1000-2000 \(hit) reject with tcp reset \(mark)
        \t\tmeta nfproto ipv4 meta l4proto tcp ct status dnat ct original proto-dst 443 \(hit) drop \(mark)
        \t\tmeta nfproto ipv6 tcp dport 443 \(hit) drop \(mark)
        \t\tip6 daddr fd00::/8 tcp dport { 80, 8000-8099 } \(hit) reject with tcp reset \(mark)
        \t\tmeta nfproto ipv6 meta l4proto tcp ct status dnat ct original ip6 daddr fd00:10:96::/112 ct original proto-dst 443 \(hit) drop \(mark)
        \t}

        \tchain forward {
        \t\ttype filter hook forward priority filter - 1; policy accept;
        \t\tmeta nfproto ipv4 ct status dnat ct original ip daddr 10.96.0.0/12 \(hit) drop \(mark)
        \t\tmeta nfproto ipv4 iifname "veth*" oifname != "a23456789012345" meta l4proto != tcp \(hit) drop \(mark)
        \t\tmeta nfproto ipv4 udp sport { 1-3 } udp dport != 53 \(hit) drop \(mark)
        \t\tip saddr 10.128.0.0/9 ip daddr 172.16.0.0/12 numgen random mod 10 < 1 \(hit) drop \(mark)
        \t\tmeta nfproto ipv6 oifname != "eth1" udp dport 53 numgen random mod 2 < 1 \(hit) reject with icmpv6 admin-prohibited \(mark)
        \t}
        }

        """

    static let one = """
        table inet faultd {
        \tset alive-\(id) {
        \t\ttype nf_proto
        \t\tflags timeout
        \t\telements = { ipv4 timeout T expires T, ipv6 timeout T expires T }
        \t}

        \tchain output {
        \t\ttype filter hook output priority filter - 1; policy accept;
        \t\tmeta nfproto ipv4 tcp dport 443 \(hit) drop \(mark)
        \t}
        }

        """
}
