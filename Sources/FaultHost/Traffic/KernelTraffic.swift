// Whether the kernel has what shaping needs: tried in a network namespace that nobody else is in, and that goes with its thread.
import CLinux
import FaultModel
import Glibc
import Synchronization

final class KernelTraffic: Sendable {
    enum Part: String, CaseIterable {
        case htb, u32, tbf, netem, ingress, ifb

        /// The module that has it (Kconfig's option in lower case for most).
        var module: String {
            switch self {
            case .htb: "sch_htb"
            case .u32: "cls_u32"
            case .tbf: "sch_tbf"
            case .netem: "sch_netem"
            case .ingress: "sch_ingress and act_mirred"
            case .ifb: "ifb"
            }
        }

        static func needed(by shape: TrafficShape, _ direction: TrafficDirection) -> [Part] {
            let leaf: [Part] = if case .netem = shape { [.netem] } else { [.tbf] }
            return [.htb, .u32] + leaf + (direction == .in ? [.ingress, .ifb] : [])
        }
    }

    /// What was there once stays; what was not may come.
    private let known = Mutex<Set<Part>>([])

    func require(_ parts: [Part]) throws(Problem) {
        let missing = try missing(among: parts)
        guard !missing.isEmpty else { return }
        throw Problem(
            .missingDependency, "this kernel has no \(missing.map(\.rawValue).joined(separator: ", no "))", hint: Self.remedy(for: missing))
    }

    static func remedy(for parts: [Part]) -> String {
        "modprobe \(parts.map(\.module).joined(separator: " ")) on the node itself; a kernel without them needs another package, such as Debian's "
            + "linux-image-amd64 or linux-modules-extra of others"
    }

    /// Blocks for some milliseconds, once for each part that is there.
    func missing(among parts: [Part]) throws(Problem) -> [Part] {
        let asked = known.withLock { known in parts.filter { !known.contains($0) } }
        guard !asked.isEmpty else { return [] }
        var result: Result<Set<Part>, Problem>?
        let code = withoutActuallyEscaping({ result = Result { () throws(Problem) in try Self.tried(asked) } }) { ThrowAwayThread.run($0) }
        guard let found = try result?.get() else { throw .system("start a thread", errno: code) }
        known.withLock { $0.formUnion(found) }
        return asked.filter { !found.contains($0) }
    }

    /// `unshare --net`, and then each part on its loopback interface, whose index is 1.
    private static func tried(_ parts: [Part]) throws(Problem) -> Set<Part> {
        guard unshare(0x4000_0000) == 0 else {
            throw .system(
                "make a network namespace to see what the kernel has", errno: errno, hint: "run faultd as root, with CAP_SYS_ADMIN and CAP_NET_ADMIN")
        }
        var found: Set<Part> = []
        for part in parts where try has(part) { found.insert(part) }
        return found
    }

    private static func has(_ part: Part) throws(Problem) -> Bool {
        let (loopback, doing) = (Int32(1), "ask the kernel for \(part.rawValue)")
        // What is there already was accepted before.
        func accepts(_ message: NetlinkMessage) throws(Problem) -> Bool {
            let code = try message.answer(doing).code
            if [ENOENT, EOPNOTSUPP, EINVAL].contains(code) { return false }
            if code == 0 || code == EEXIST { return true }
            throw .system(doing, errno: code)
        }
        switch part {
        case .htb: return try accepts(TrafficMessages.root(on: loopback, defaultClass: 0))
        case .u32:
            guard try accepts(TrafficMessages.root(on: loopback, defaultClass: 0)) else { return false }
            return try accepts(
                TrafficMessages.filter(
                    on: loopback, parent: TrafficMessages.Handle.ours, priority: 2, TrafficMatch(.ipv4), to: .classid(TrafficMessages.Handle.ours)))
        case .netem, .tbf:
            let rate = RateShape(rate: BitRate(bitsPerSecond: 1_000_000), burst: TrafficBytes(1 << 14), limit: TrafficBytes(1 << 14))
            guard try accepts(TrafficMessages.root(on: loopback, defaultClass: 0)) else { return false }
            let leaf = TrafficMessages.leaf(on: loopback, part == .netem ? .netem(NetemShape()) : .rate(rate))
            defer { _ = try? TrafficMessages.deleteRoot(of: loopback).answer(doing) }
            guard try accepts(TrafficMessages.faultedClass(on: loopback)) else { return false }
            return try accepts(leaf)
        case .ingress:
            guard try accepts(TrafficMessages.ingress(on: loopback)) else { return false }
            return try accepts(
                TrafficMessages.filter(
                    on: loopback, parent: TrafficMessages.Handle.ingress, priority: 2, TrafficMatch(.ipv4), to: .device(loopback)))
        case .ifb: return try accepts(LinkMessages.makeDevice("faultdprobe"))
        }
    }
}
