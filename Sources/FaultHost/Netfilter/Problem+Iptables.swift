// What the kernel says about its tables, in sentences that a person can act on.
import FaultModel
import Glibc

extension Problem {
    /// `iptc_init` failed.
    static func unreadableTable(_ family: IPFamily, _ kind: PacketTable = .filter, errno code: Int32, message: String) -> Problem {
        switch code {
        case EPERM, EACCES:
            Problem(
                .missingDependency, "not allowed to read the \(family.name) \(kind.rawValue) table",
                hint: "run faultd as root, or give it CAP_NET_ADMIN and CAP_NET_RAW")
        case ENOENT, ENOPROTOOPT, EPROTONOSUPPORT, EAFNOSUPPORT: noTable(family, kind)
        default:
            Problem(.hostFailure, "could not read the \(family.name) \(kind.rawValue) table: \(message)")
        }
    }

    /// `iptc_commit` failed.
    static func refusedTable(_ family: IPFamily, _ kind: PacketTable = .filter, errno code: Int32, message: String) -> Problem {
        Problem(.hostFailure, "the kernel refused the changed \(family.name) \(kind.rawValue) table: \(message)", hint: hint(code))
    }

    static func noTable(_ family: IPFamily, _ kind: PacketTable = .filter) -> Problem {
        Problem(.missingDependency, "the kernel has no legacy \(family.name) \(kind.rawValue) table", hint: loadTable(family, kind))
    }

    private static func hint(_ code: Int32) -> String? {
        switch code {
        case ENOENT: "a match or a target that some rule of the table uses can't be loaded; the kernel's log tells which"
        case ENOMEM: "the kernel has no memory for a second copy of the table"
        default: nil
        }
    }

    private static func loadTable(_ family: IPFamily, _ kind: PacketTable) -> String {
        let module = "\(family == .ipv4 ? "iptable" : "ip6table")_\(kind.rawValue)"
        return "modprobe \(module) on the node itself, and list it in /etc/modules-load.d/faultd.conf"
    }
}
