// What rules about DNS queries carry: a search, a mark, and the way to the process that answers.
import CNetfilter

extension Extension {
    /// `-m string --hex-string … --algo kmp --icase`, anywhere in the packet. The other algorithm, bm, does not find what lies across
    /// two pieces of a packet's memory.
    static func text(_ pattern: [UInt8]) -> Extension {
        var info = StructBytes(of: xt_string_info.self)
        info.set(UInt16.max, at: at(\xt_string_info.to_offset))
        info.set(each: Array("kmp".utf8), at: at(\xt_string_info.algo))
        info.set(each: pattern, at: at(\xt_string_info.pattern))
        info.set(UInt8(pattern.count), at: at(\xt_string_info.patlen))
        info.set(UInt8(XT_STRING_FLAG_IGNORECASE), at: at(\xt_string_info.u))
        return Extension(name: "string", revision: 1, info: info.bytes)
    }

    /// `-m mark --mark …`
    static func mark(_ mark: UInt32) -> Extension {
        var info = StructBytes(of: xt_mark_mtinfo1.self)
        info.set(each: [mark, .max], at: 0)
        return Extension(name: "mark", revision: 1, info: info.bytes)
    }

    /// `-j NFQUEUE --queue-num … --queue-bypass`
    static func queue(_ number: UInt16) -> Extension {
        var info = StructBytes(of: xt_NFQ_info_v3.self)
        info.set(each: [number, 1, UInt16(NFQ_FLAG_BYPASS)], at: 0)
        return Extension(name: "NFQUEUE", revision: 3, info: info.bytes)
    }

    /// `-j CT --notrack`
    static var untracked: Extension {
        var info = StructBytes(of: xt_ct_target_info_v1.self)
        info.set(UInt16(XT_CT_NOTRACK), at: at(\xt_ct_target_info_v1.flags))
        return Extension(name: "CT", revision: 2, info: info.bytes)
    }

    private static func at<Root>(_ field: PartialKeyPath<Root>) -> Int { StructBytes.offset(of: field) }
}
