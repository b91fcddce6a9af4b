// A rule, as the kernel tells of it.
import FaultModel

struct NftRuleSight {
    var handle: NftHandle
    /// Whose mark it carries, letter by letter, as its comment; nil is somebody else's rule.
    var fault: FaultID?
    var packets: UInt64 = 0
    var bytes: UInt64 = 0

    init?(_ body: UnsafeRawBufferPointer) {
        var (chain, number, fault): (String?, UInt64?, FaultID?) = (nil, nil, nil)
        var counted: (UInt64, UInt64) = (0, 0)
        Netlink.eachAttribute(body) { type, value in
            switch type & 0x3FFF {
            case 2: chain = value.zeroTerminated
            case 3: number = Self.number(value)
            case 4: counted = Self.counter(value)
            case 7: fault = NftComment.text(value).flatMap(Self.owner)
            default: break
            }
            return true
        }
        guard let chain, let number else { return nil }
        handle = NftHandle(chain: chain, number: number)
        self.fault = fault
        (bytes, packets) = counted
    }

    private static func owner(_ comment: String) -> FaultID? { FaultID(mark: comment).flatMap { $0.mark == comment ? $0 : nil } }

    private static func number(_ value: UnsafeRawBufferPointer) -> UInt64? { Netlink.load(UInt64.self, value).map(UInt64.init(bigEndian:)) }

    /// Bytes and packets of the first counter in a list of expressions.
    private static func counter(_ expressions: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        var found: (UInt64, UInt64)?
        Netlink.eachAttribute(expressions) { _, expression in
            if expression.attribute(1)?.elementsEqual("counter\0".utf8) == true, let data = expression.attribute(2) {
                found = (data.attribute(1).flatMap(number) ?? 0, data.attribute(2).flatMap(number) ?? 0)
            }
            return found == nil
        }
        return found ?? (0, 0)
    }
}
