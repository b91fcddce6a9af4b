// What this node has of the legacy tables, for the person who asks `faultctl doctor`.
import FaultModel

extension LegacyTables {
    /// Opens both tables. Where none was used yet the kernel sets up an empty one, as for `iptables -L`.
    func capability() -> CapabilityReport {
        let trouble = IPFamily.allCases.map { ($0, usabilityProblem($0)) }
        let usable = trouble.filter { $0.1 == nil && !leavesOut($0.0) }.map(\.0.name)
        let problems = trouble.compactMap(\.1)
        var words = usable.isEmpty ? [] : ["\(Self.backend) tables for \(usable.joined(separator: " and "))"]
        if leavesOut(.ipv6) { words.append("IPv6 is off on this node") }
        words += problems.map(\.detail)
        let remedies = problems.compactMap(\.hint)
        return CapabilityReport(
            .netfilter, available: usable.contains(IPFamily.ipv4.name), detail: words.joined(separator: "; "),
            remedy: remedies.isEmpty ? nil : Array(Set(remedies)).sorted().joined(separator: "; "))
    }

    private func usabilityProblem(_ family: IPFamily) -> Problem? {
        if leavesOut(family) { return nil }
        do throws(Problem) {
            _ = try Table(family)
            let rule = PacketRule(family: family, chain: .output, verdict: .drop)
            let needed = EntryBuilder.extensions(of: [rule])
            try KernelExtensions(family: family).require(matches: needed.matches, targets: needed.targets)
            return nil
        } catch {
            return error
        }
    }
}
