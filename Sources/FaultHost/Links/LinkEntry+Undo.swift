// Entries between the journal and the kernel.
import FaultModel
import Glibc

extension LinkEntry {
    init?(_ saved: LinkUndo.Entry) {
        let digits = Array(saved.message)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        guard let entry = bytes.withUnsafeBytes({ LinkTables.parse(saved.kind, $0) }) else { return nil }
        self = entry
    }

    var saved: LinkUndo.Entry {
        LinkUndo.Entry(kind: kind, message: body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    /// What makes it the same entry, whatever counts or flags it has by now.
    var identity: [[UInt8]] {
        switch kind {
        // Family, prefix; IFA_ADDRESS.
        case .address: [Array(head[0...1]), value(1) ?? []]
        // Family; NDA_DST.
        case .neighbour: [[head[0]], value(1) ?? []]
        // Family, lengths, type of service; table, destination, gateway, metric, source.
        case .route: [Array(head[0...3])] + [15, 1, 5, 18, 6, 7].map { value($0) ?? [] }
        }
    }

    /// Makes it: NLM_F_CREATE, with NLM_F_APPEND for routes of IPv4, of which several may differ in their gateway alone, and NLM_F_EXCL for
    /// all else.
    var message: NetlinkMessage {
        let isFour = kind == .route && Int32(head[0]) == AF_INET
        return NetlinkMessage(type: LinkTables.table(kind).new, flags: isFour ? 0xC05 : 0x605, body: body)
    }

    var text: String {
        let family = Int32(head[0])
        func address(_ bytes: [UInt8]?, _ prefix: Int) -> String? {
            bytes.flatMap { CIDR(family: family == AF_INET ? .ipv4 : .ipv6, bytes: $0, prefix: prefix)?.text }
        }
        switch kind {
        case .address: return "address \(address(value(1), 128) ?? "?")/\(head[1])"
        case .neighbour: return "neighbour \(address(value(1), family == AF_INET ? 32 : 128) ?? "?")"
        case .route:
            let way = address(value(LinkTables.gateway), family == AF_INET ? 32 : 128).map { " via \($0)" } ?? ""
            return "route \(address(value(1), Int(head[1])) ?? "default")\(way)"
        }
    }
}
