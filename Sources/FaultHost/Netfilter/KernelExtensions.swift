// Whether the kernel has the matches and targets that rules use.
import CLinux
import CNetfilter
import FaultModel
import Glibc

/// Asks as iptables does (IPT_SO_GET_REVISION_MATCH): the kernel loads a module that is missing, if it can.
struct KernelExtensions {
    let family: IPFamily

    /// Throws naming the first extension that is missing.
    func require(matches: Set<Extension>, targets: Set<Extension>) throws(Problem) {
        let file = socket(family == .ipv4 ? AF_INET : AF_INET6, Int32(SOCK_RAW.rawValue) | O_CLOEXEC, Int32(IPPROTO_RAW))
        guard file >= 0 else { throw .unreadableTable(family, errno: errno, message: String(cString: strerror(errno))) }
        defer { close(file) }
        for item in matches.sorted(by: { $0.name < $1.name }) { try require(item, isTarget: false, file) }
        for item in targets.sorted(by: { $0.name < $1.name }) { try require(item, isTarget: true, file) }
    }

    private func require(_ item: Extension, isTarget: Bool, _ file: Int32) throws(Problem) {
        var request = StructBytes(of: xt_get_revision.self)
        request.set(each: Extension.nameBytes(item.name), at: 0)
        request.set(item.revision, at: Extension.longestName + 1)
        var bytes = request.bytes
        var length = socklen_t(bytes.count)
        if getsockopt(file, level, option(isTarget), &bytes, &length) == 0 { return }
        guard [ENOENT, EPROTONOSUPPORT].contains(errno) else { throw .system("ask the kernel for its \(item.name) extension", errno: errno) }
        let what = isTarget ? "target" : "match"
        throw Problem(
            .missingDependency, "the kernel has no \(item.name) \(what) for \(family.name) rules",
            hint: "modprobe \(module(item, isTarget)) on the node itself, and list it in /etc/modules-load.d/faultd.conf")
    }

    private var level: Int32 { family == .ipv4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6) }

    private func option(_ isTarget: Bool) -> Int32 {
        switch family {
        case .ipv4: isTarget ? IPT_SO_GET_REVISION_TARGET : IPT_SO_GET_REVISION_MATCH
        case .ipv6: isTarget ? IP6T_SO_GET_REVISION_TARGET : IP6T_SO_GET_REVISION_MATCH
        }
    }

    private func module(_ item: Extension, _ isTarget: Bool) -> String {
        if isTarget, !["CT", "NFQUEUE"].contains(item.name) { return "\(family == .ipv4 ? "ipt" : "ip6t")_\(item.name)" }
        return ["tcp", "udp"].contains(item.name) ? "xt_tcpudp" : "xt_\(item.name)"
    }
}

extension EntryBuilder {
    /// The extensions of these rules, each once, without parameters.
    static func extensions(of rules: [PacketRule]) -> (matches: Set<Extension>, targets: Set<Extension>) {
        let stop = Datestop(deadline: .init(milliseconds: 0))
        let matches = rules.flatMap { $0.matches(mark: "", until: stop) }.map { Extension(name: $0.name, revision: $0.revision, info: []) }
        let targets = rules.filter { $0.verdict != .drop }.map { Extension.target($0.verdict, $0.family) }
        return (Set(matches), Set(targets.map { Extension(name: $0.name, revision: $0.revision, info: []) }))
    }
}
