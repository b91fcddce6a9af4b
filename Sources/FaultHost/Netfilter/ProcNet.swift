// What /proc tells about tables, IPv6 and locks.
import CLinux
import FaultModel
import Glibc

struct ProcNet: Sendable {
    var root = "/proc"
    /// Of the calling thread's network namespace; `net` would be that of the process.
    var net = "thread-self/net"

    enum Presence { case present, absent, unknown }

    /// Whether the kernel has set up the table in this network namespace. Looking at the table itself would set it up.
    func table(_ kind: PacketTable, _ family: IPFamily) -> Presence {
        if let names = read("\(net)/\(family == .ipv4 ? "ip" : "ip6")_tables_names") {
            return names.split(separator: "\n").contains(where: { $0 == kind.rawValue }) ? .present : .absent
        }
        // The file is missing when ip_tables is not loaded, and all of them are when /proc is restricted.
        return errno == ENOENT && read("\(net)/dev") != nil ? .absent : .unknown
    }

    /// Legacy tables that faultd never uses and somebody has set up.
    var otherTables: [(family: IPFamily, name: String)] {
        IPFamily.allCases.flatMap { family in
            (read("\(net)/\(family == .ipv4 ? "ip" : "ip6")_tables_names") ?? "").split(separator: "\n").map { (family, String($0)) }
        }.filter { PacketTable(rawValue: $0.name) == nil }
    }

    /// Tells this boot from others; empty where it can't be read.
    var bootID: String { read("sys/kernel/random/boot_id")?.split(separator: "\n").first.map(String.init) ?? "" }

    /// The kernel runs without IPv6 (not loaded, or booted with ipv6.disable=1).
    var hasNoIPv6: Bool { read("\(net)/if_inet6") == nil && read("\(net)/dev") != nil }

    /// IPv6 is there, but switched off on every interface.
    var isIPv6Disabled: Bool {
        read("\(net)/if_inet6")?.isEmpty == true && read("sys/net/ipv6/conf/all/disable_ipv6")?.hasPrefix("1") == true
    }

    /// Local ports that the kernel chooses from for connections that leave (ip(7)).
    var ephemeralPorts: ClosedRange<UInt16>? {
        let ends = read("sys/net/ipv4/ip_local_port_range")?.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) } ?? []
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    }

    /// Such as `4711 (iptables)`: who holds the flock on the file, as far as this process may see it (proc_locks(5)).
    func lockHolder(_ file: Int32) -> String? {
        var status = stat()
        guard fstat(file, &status) == 0, let locks = read("locks") else { return nil }
        for line in locks.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 5, words[1] == "FLOCK", words[5].hasSuffix(":\(status.st_ino)"), let pid = Int32(words[4]), pid > 0 else { continue }
            let name = read("\(pid)/comm")?.split(separator: "\n").first
            return name.map { "\(pid) (\($0))" } ?? String(pid)
        }
        return nil
    }

    /// The text of a file under `root`; nil leaves the reason in errno.
    private func read(_ path: String) -> String? { SmallFile.read("\(root)/\(path)") }
}
