// The other matches that rules of ours carry.
import CNetfilter
import FaultModel

extension Extension {
    /// `-m conntrack --ctstate DNAT --ctorigdst … --ctorigdstport …`
    static func originalDestination(_ address: CIDR?, ports: PortRange?) -> Extension {
        var info = StructBytes(of: xt_conntrack_mtinfo3.self)
        var flags = XT_CONNTRACK_STATE
        info.set(stateDNAT, at: at(\xt_conntrack_mtinfo3.state_mask))
        if let address {
            flags |= XT_CONNTRACK_ORIGDST
            info.set(each: address.bytes, at: at(\xt_conntrack_mtinfo3.origdst_addr))
            // iptables fills the mask of a single address to the end, in IPv4 too, and finds a rule only if ours is filled like it.
            info.set(each: address.isHost ? [UInt8](repeating: 0xFF, count: 16) : address.mask, at: at(\xt_conntrack_mtinfo3.origdst_mask))
        }
        if let ports {
            flags |= XT_CONNTRACK_ORIGDST_PORT
            info.set(ports.low, at: at(\xt_conntrack_mtinfo3.origdst_port))
            info.set(ports.high, at: at(\xt_conntrack_mtinfo3.origdst_port_high))
        }
        info.set(UInt16(flags), at: at(\xt_conntrack_mtinfo3.match_flags))
        return Extension(name: "conntrack", revision: 3, info: info.bytes)
    }

    /// XT_CONNTRACK_STATE_DNAT: 1 << (IP_CT_NUMBER + 2), a macro that Swift does not import.
    private static let stateDNAT = UInt16(1) << UInt16(IP_CT_NUMBER.rawValue + 2)

    /// `-m statistic --mode random --probability …`
    static func random(_ probability: Double) -> Extension {
        var info = StructBytes(of: xt_statistic_info.self)
        info.set(UInt16(XT_STATISTIC_MODE_RANDOM.rawValue), at: at(\xt_statistic_info.mode))
        let share = UInt32(clamping: Int64((probability * Double(1 << 31)).rounded()))
        info.set(share, at: at(\xt_statistic_info.u))
        // iptables stores it in u.nth.count too, which the kernel does not read in this mode, and ip6tables -C compares that.
        info.set(share, at: at(\xt_statistic_info.u) + 8)
        return Extension(name: "statistic", info: info.bytes)
    }

    /// `-m statistic --mode nth --every … --packet 0`: the n-th packet is the first that matches.
    static func nth(_ every: Int) -> Extension {
        var info = StructBytes(of: xt_statistic_info.self)
        info.set(UInt16(XT_STATISTIC_MODE_NTH.rawValue), at: at(\xt_statistic_info.mode))
        // u.nth.every, which counts from 0.
        info.set(UInt32(clamping: every - 1), at: at(\xt_statistic_info.u))
        return Extension(name: "statistic", info: info.bytes)
    }

    /// `-m time --datestop …`, in UTC, on every day, all day.
    static func time(until stop: Datestop) -> Extension {
        var info = StructBytes(of: xt_time_info.self)
        info.set(stop.second, at: at(\xt_time_info.date_stop))
        info.set(UInt32(XT_TIME_MAX_DAYTIME), at: at(\xt_time_info.daytime_stop))
        info.set(UInt32(XT_TIME_ALL_MONTHDAYS), at: at(\xt_time_info.monthdays_match))
        info.set(UInt8(XT_TIME_ALL_WEEKDAYS), at: at(\xt_time_info.weekdays_match))
        return Extension(name: "time", info: info.bytes)
    }

    /// `-m comment --comment …`
    static func comment(_ text: String) -> Extension {
        var info = StructBytes(of: xt_comment_info.self)
        info.set(each: Array(text.utf8.prefix(Int(XT_MAX_COMMENT_LEN) - 1)), at: 0)
        return Extension(name: "comment", info: info.bytes)
    }

    private static func at<Root>(_ field: PartialKeyPath<Root>) -> Int { StructBytes.offset(of: field) }
}
