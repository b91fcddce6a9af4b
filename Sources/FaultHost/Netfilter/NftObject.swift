// What `nft -j list` shows of one object.
import FaultModel

/// A table, chain, set or rule, as far as faultd looks at it.
struct NftObject {
    /// Such as `chain`.
    var type: String
    private var body: JSONValue

    init?(_ json: JSONValue) {
        guard let member = json.members?.first, member.key != "metainfo" else { return nil }
        (type, body) = (member.key, member.value)
    }

    var name: String { body["name"]?.stringValue ?? "" }
    /// Family and name of the table that it is in, as in `inet faultd`.
    var table: String { "\(body["family"]?.stringValue ?? "") \(body["table"]?.stringValue ?? "")" }
    /// Of a rule.
    var chain: String { body["chain"]?.stringValue ?? "" }
    var handle: Int64 { if case .int(let number)? = body["handle"] { number } else { 0 } }
    var elements: Int { body["elem"]?.arrayValue?.count ?? 0 }
    /// The fault whose rule this is: the comment must be its mark, letter by letter.
    var fault: FaultID? {
        guard let comment = body["comment"]?.stringValue else { return nil }
        return FaultID(mark: comment).flatMap { $0.mark == comment ? $0 : nil }
    }

    var counters: (packets: UInt64, bytes: UInt64) {
        let counter = body["expr"]?.arrayValue?.lazy.compactMap { $0["counter"] }.first
        return (Self.count(counter?["packets"]), Self.count(counter?["bytes"]))
    }

    private static func count(_ value: JSONValue?) -> UInt64 { if case .int(let number)? = value { UInt64(clamping: number) } else { 0 } }
}
