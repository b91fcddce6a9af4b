// What the node has, and what is said when it lacks something.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

/// A /proc of a test's own.
private func fakeProc(_ files: [String: String]) throws -> ProcNet {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("faultd-test-proc-\(UUID().uuidString)")
    for (path, text) in files {
        let file = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }
    return ProcNet(root: root.path, net: "net")
}

@Suite struct ProcNetTests {
    @Test func `a table is present, absent, or can't be seen`() throws {
        let proc = try fakeProc(["net/dev": "", "net/ip_tables_names": "nat\nfilter\n", "net/ip6_tables_names": "nat\n"])
        defer { try? FileManager.default.removeItem(atPath: proc.root) }
        #expect(proc.table(.filter, .ipv4) == .present)
        #expect(proc.table(.filter, .ipv6) == .absent)
        let notLoaded = try fakeProc(["net/dev": ""])
        defer { try? FileManager.default.removeItem(atPath: notLoaded.root) }
        #expect(notLoaded.table(.filter, .ipv4) == .absent)
        #expect(ProcNet(root: "/nonexistent").table(.filter, .ipv4) == .unknown)
    }

    @Test func `IPv6 is missing, disabled or on`() throws {
        let address = "00000000000000000000000000000001 01 80 10 80 lo\n"
        for (files, missing, disabled) in [
            (["net/dev": ""], true, false),
            (["net/dev": "", "net/if_inet6": "", "sys/net/ipv6/conf/all/disable_ipv6": "1\n"], false, true),
            (["net/dev": "", "net/if_inet6": address, "sys/net/ipv6/conf/all/disable_ipv6": "1\n"], false, false),
            (["net/dev": "", "net/if_inet6": "", "sys/net/ipv6/conf/all/disable_ipv6": "0\n"], false, false),
            ([:], false, false),
        ] {
            let proc = try fakeProc(files)
            defer { try? FileManager.default.removeItem(atPath: proc.root) }
            #expect(proc.hasNoIPv6 == missing && proc.isIPv6Disabled == disabled, "\(files)")
        }
    }
}

@Suite struct IptablesProblemTests {
    @Test func `each error says what to do`() {
        let denied = Problem.unreadableTable(.ipv4, errno: EPERM, message: "")
        #expect(denied.type == .missingDependency && denied.hint == "run faultd as root, or give it CAP_NET_ADMIN and CAP_NET_RAW")
        let missing = Problem.unreadableTable(.ipv6, errno: ENOPROTOOPT, message: "")
        #expect(missing.detail == "the kernel has no legacy IPv6 filter table")
        #expect(missing.hint == "modprobe ip6table_filter on the node itself, and list it in /etc/modules-load.d/faultd.conf")
        let refused = Problem.refusedTable(.ipv4, errno: ENOMEM, message: "Memory allocation problem")
        #expect(refused.type == .hostFailure && refused.detail.hasSuffix("IPv4 filter table: Memory allocation problem") && refused.hint != nil)
    }
}

extension InNamespace {
    @Suite struct IptablesAvailabilityTests {
        @Test func `this kernel has both tables`() async throws {
            try await Tables.with { tables in
                let report = await tables.backend.capability()
                #expect(report == CapabilityReport(.netfilter, available: true, detail: "iptables-legacy tables for IPv4 and IPv6"))
            }
        }

        @Test func `without IPv6 its rules are left out, and said to be`() async throws {
            let proc = try fakeProc(["net/dev": "", "net/ip_tables_names": "filter\n"])
            defer { try? FileManager.default.removeItem(atPath: proc.root) }
            try await Tables.with { tables in
                let backend = IptablesBackend(lock: tables.shell.lock, proc: proc)
                #expect(await backend.capability().detail == "iptables-legacy tables for IPv4; IPv6 is off on this node")
                let change = PacketChange(rules: [.drop(to: 443), .drop(to: 443, .output, .ipv6), .drop(to: 80, .output, .ipv6)])
                let undo = try await backend.prepare(change, for: .test(1))
                let evidence = try await backend.apply(change, undo: undo, until: .now() + .seconds(9))
                #expect(evidence.packets?.rules == 1)
                #expect(evidence.notes == ["IPv6 is off on this node: 2 rules for it were left out"])
                #expect(try await backend.observe(undo) == evidence)
                #expect(try !tables.saved(.ipv6).contains("FAULTD"))
                #expect(try await backend.revert(undo) == RevertOutcome(.restored))
                let problem = await #expect(throws: Problem.self) {
                    try await backend.prepare(PacketChange(rules: [.drop(to: 443, .output, .ipv6)]), for: .test(2))
                }
                #expect(problem?.type == .noEffect)
            }
        }

        @Test func `a table that the kernel has not set up is not looked at, because looking would set it up`() async throws {
            let proc = try fakeProc(["net/dev": "", "net/if_inet6": "", "net/ip_tables_names": "", "net/ip6_tables_names": "nat\n"])
            defer { try? FileManager.default.removeItem(atPath: proc.root) }
            try await Tables.with { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                let backend = IptablesBackend(lock: tables.shell.lock, proc: proc)
                #expect(try await backend.inventory() == [])
                #expect(try await backend.observe(undo).packets?.rules == 0)
                #expect(try await backend.revert(undo) == RevertOutcome(.alreadyGone))
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
            }
        }

        @Test func `an extension that the kernel lacks is named with its module`() {
            let missing = Extension(name: "nosuch", info: [])
            let match = #expect(throws: Problem.self) { try KernelExtensions(family: .ipv4).require(matches: [missing], targets: []) }
            #expect(match?.type == .missingDependency)
            #expect(match?.detail == "the kernel has no nosuch match for IPv4 rules" && match?.hint?.contains("modprobe xt_nosuch") == true)
            let target = #expect(throws: Problem.self) { try KernelExtensions(family: .ipv6).require(matches: [], targets: [missing]) }
            #expect(target?.hint?.contains("modprobe ip6t_nosuch") == true)
        }

        @Test func `a rule that can't be said is refused before anything is touched`() async throws {
            try await Tables.with { tables in
                let before = try tables.saved()
                let problem = await #expect(throws: Problem.self) {
                    try await tables.backend.prepare(PacketChange(rules: [.drop(to: 1), .drop(ProtocolMatch.icmp, to: 1)]), for: .test(1))
                }
                #expect(problem?.type == .impossible)
                #expect(try tables.saved() == before)
            }
        }
    }
}
