// What a rule does with a packet that matches.
import CNetfilter
import FaultModel

extension Extension {
    /// `-j DROP`, or a jump to a chain: four bytes of verdict that libiptc fills in at commit.
    static func standard(_ name: String) -> Extension {
        Extension(name: name, info: [UInt8](repeating: 0, count: MemoryLayout<Int32>.size))
    }

    static func target(_ verdict: Verdict, _ family: IPFamily) -> Extension {
        switch verdict {
        case .drop: standard("DROP")
        case .reject(let reason): reject(family == .ipv4 ? reason.ipv4Code : reason.ipv6Code)
        case .queue(let number): queue(number)
        case .untracked: untracked
        }
    }

    /// `-j REJECT --reject-with …`
    private static func reject(_ code: UInt32) -> Extension {
        var info = StructBytes(of: ipt_reject_info.self)
        info.set(code, at: 0)
        return Extension(name: "REJECT", info: info.bytes)
    }
}

extension RejectReason {
    fileprivate var ipv4Code: UInt32 {
        switch self {
        case .tcpReset: IPT_TCP_RESET.rawValue
        case .portUnreachable: IPT_ICMP_PORT_UNREACHABLE.rawValue
        case .hostUnreachable: IPT_ICMP_HOST_UNREACHABLE.rawValue
        case .netUnreachable: IPT_ICMP_NET_UNREACHABLE.rawValue
        case .adminProhibited: IPT_ICMP_ADMIN_PROHIBITED.rawValue
        }
    }

    fileprivate var ipv6Code: UInt32 {
        switch self {
        case .tcpReset: IP6T_TCP_RESET.rawValue
        case .portUnreachable: IP6T_ICMP6_PORT_UNREACH.rawValue
        case .hostUnreachable: IP6T_ICMP6_ADDR_UNREACH.rawValue
        case .netUnreachable: IP6T_ICMP6_NO_ROUTE.rawValue
        case .adminProhibited: IP6T_ICMP6_ADM_PROHIBITED.rawValue
        }
    }
}
