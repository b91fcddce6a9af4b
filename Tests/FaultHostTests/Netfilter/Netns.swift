// Where tests that edit real tables run: in a network namespace that is nobody else's, one test at a time.
import Foundation
import Testing

/// The parent of all suites that touch the kernel: `.serialized` holds for everything inside.
@Suite(.serialized, .privateNamespace) enum InNamespace {}

extension Trait where Self == ConditionTrait {
    static var privateNamespace: Self {
        .enabled(
            if: Namespace.isPrivate,
            "edits packet rules: needs root in a network namespace of its own (ip netns exec NAME env FAULTD_TEST_NETNS=1 swift test)")
    }
}

enum Namespace {
    /// Asked for, and with no sign of being the machine's own: another one than PID 1's as far as that can be seen, and with no route.
    static let isPrivate: Bool = {
        guard ProcessInfo.processInfo.environment["FAULTD_TEST_NETNS"] == "1", getuid() == 0 else { return false }
        let (mine, first) = (namespace(of: "self"), namespace(of: "1"))
        return mine != nil && mine != first && routes == 0
    }()

    private static func namespace(of process: String) -> UInt? {
        var status = stat()
        return stat("/proc/\(process)/ns/net", &status) == 0 ? status.st_ino : nil
    }

    /// Lines of /proc/net/route below its heading.
    private static var routes: Int {
        let text = try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)
        return max(0, (text?.split(separator: "\n").count ?? 2) - 1)
    }
}
