// Matches on ports: tcp and udp for one range, multiport for more.
import CNetfilter
import FaultModel

extension Extension {
    /// `-m tcp --sport … --dport …`
    static func tcp(source: PortRange?, destination: PortRange?) -> Extension {
        var info = StructBytes(of: xt_tcp.self)
        info.set(each: bounds(source) + bounds(destination), at: 0)
        return Extension(name: "tcp", info: info.bytes)
    }

    /// `-m udp --sport … --dport …`
    static func udp(source: PortRange?, destination: PortRange?) -> Extension {
        var info = StructBytes(of: xt_udp.self)
        info.set(each: bounds(source) + bounds(destination), at: 0)
        return Extension(name: "udp", info: info.bytes)
    }

    /// `-m multiport [!] --dports 80,8000:8099`: a range takes two places, the first flagged.
    static func multiport(_ match: PortMatch, flag: xt_multiport_flags) -> Extension {
        var info = StructBytes(of: xt_multiport_v1.self)
        let places = match.ranges.flatMap { $0.low == $0.high ? [($0.low, false)] : [($0.low, true), ($0.high, false)] }
        info.set(UInt8(flag.rawValue), at: 0)
        info.set(UInt8(clamping: places.count), at: 1)
        info.set(each: places.map(\.0), at: 2)
        info.set(each: places.map { UInt8($0.1 ? 1 : 0) }, at: 2 + 2 * Int(XT_MULTI_PORTS))
        info.set(UInt8(match.negated ? 1 : 0), at: 2 + 3 * Int(XT_MULTI_PORTS))
        return Extension(name: "multiport", revision: 1, info: info.bytes)
    }

    private static func bounds(_ range: PortRange?) -> [UInt16] { [range?.low ?? 0, range?.high ?? .max] }
}

extension PortMatch {
    /// Places that multiport needs.
    var multiportPlaces: Int { ranges.reduce(0) { $0 + ($1.low == $1.high ? 1 : 2) } }
}
