// Tables as iptables-legacy-save shows them.

enum Goldens {
    /// What every rule of the first fault ends with.
    private static let end = "-m time --datestop T -m comment --comment \"faultd:01MCC5RM000000000000000001\""

    static let richIPv4 = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :FAULTD-FORWARD - [0:0]
        :FAULTD-INPUT - [0:0]
        :FAULTD-OUTPUT - [0:0]
        -A INPUT -m comment --comment faultd -j FAULTD-INPUT
        -A FORWARD -m comment --comment faultd -j FAULTD-FORWARD
        -A OUTPUT -m comment --comment faultd -j FAULTD-OUTPUT
        -A FAULTD-FORWARD -m conntrack --ctstate DNAT --ctorigdst 10.96.0.0/12 \(end) -j DROP
        -A FAULTD-FORWARD -i veth+ ! -o a23456789012345 ! -p tcp \(end) -j DROP
        -A FAULTD-FORWARD -p udp -m multiport --sports 1:2,3 -m multiport ! --dports 53 \(end) -j DROP
        -A FAULTD-FORWARD -s 10.128.0.0/9 -d 172.16.0.0/12 -m statistic --mode random --probability 0.10000000009 \(end) -j DROP
        -A FAULTD-INPUT -s 192.168.7.9/32 -p udp -m udp --sport 53 -m statistic --mode random --probability 0.25000000000 \
        \(end) -j REJECT --reject-with icmp-port-unreachable
        -A FAULTD-INPUT -p sctp -m multiport --dports 38412,9899:9900 \(end) -j REJECT --reject-with icmp-host-unreachable
        -A FAULTD-INPUT -p icmp \(end) -j REJECT --reject-with icmp-net-unreachable
        -A FAULTD-INPUT ! -i lo \(end) -j REJECT --reject-with icmp-admin-prohibited
        -A FAULTD-OUTPUT -p tcp -m tcp --dport 443 \(end) -j DROP
        -A FAULTD-OUTPUT -d 10.0.0.0/8 -o eth0 -p tcp -m multiport --dports 80,8000:8099 \(end) -j DROP
        -A FAULTD-OUTPUT -p tcp -m tcp --sport 53 --dport 1000:2000 \(end) -j REJECT --reject-with tcp-reset
        -A FAULTD-OUTPUT -p tcp -m conntrack --ctstate DNAT --ctorigdstport 443 \(end) -j DROP
        -A FAULTD-OUTPUT -m conntrack --ctstate DNAT --ctorigdst 10.96.0.1 --ctorigdstport 8000:8010 \(end) -j DROP
        COMMIT

        """

    static let richIPv6 = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :FAULTD-FORWARD - [0:0]
        :FAULTD-INPUT - [0:0]
        :FAULTD-OUTPUT - [0:0]
        -A INPUT -m comment --comment faultd -j FAULTD-INPUT
        -A FORWARD -m comment --comment faultd -j FAULTD-FORWARD
        -A OUTPUT -m comment --comment faultd -j FAULTD-OUTPUT
        -A FAULTD-FORWARD ! -o eth1 -p udp -m udp --dport 53 -m statistic --mode random --probability 0.50000000000 \
        \(end) -j REJECT --reject-with icmp6-adm-prohibited
        -A FAULTD-INPUT -s 2001:db8::7/128 ! -p ipv6-icmp \(end) -j REJECT --reject-with icmp6-port-unreachable
        -A FAULTD-INPUT -p ipv6-icmp \(end) -j REJECT --reject-with icmp6-addr-unreachable
        -A FAULTD-INPUT -i eth0 \(end) -j REJECT --reject-with icmp6-no-route
        -A FAULTD-OUTPUT -p tcp -m tcp --dport 443 \(end) -j DROP
        -A FAULTD-OUTPUT -d fd00::/8 -p tcp -m multiport --dports 80,8000:8099 \(end) -j REJECT --reject-with tcp-reset
        -A FAULTD-OUTPUT -p tcp -m conntrack --ctstate DNAT --ctorigdst fd00:10:96::/112 --ctorigdstport 443 \(end) -j DROP
        COMMIT

        """

    static let foreign = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        :A-CHAIN - [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 22 -m comment --comment "faultd of another kind" -j ACCEPT
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j KUBE-FORWARD
        -A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT
        -A OUTPUT -d 10.0.0.0/8 -j A-CHAIN
        -A A-CHAIN -j RETURN
        -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        COMMIT

        """

    static let foreignDuring = """
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :A-CHAIN - [0:0]
        :FAULTD-OUTPUT - [0:0]
        :KUBE-FORWARD - [0:0]
        -A INPUT -i lo -j ACCEPT
        -A INPUT -p tcp -m tcp --dport 22 -m comment --comment "faultd of another kind" -j ACCEPT
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j KUBE-FORWARD
        -A OUTPUT -m comment --comment faultd -j FAULTD-OUTPUT
        -A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT
        -A OUTPUT -d 10.0.0.0/8 -j A-CHAIN
        -A A-CHAIN -j RETURN
        -A FAULTD-OUTPUT -p tcp -m tcp --dport 443 \(end) -j DROP
        -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        COMMIT

        """
}
