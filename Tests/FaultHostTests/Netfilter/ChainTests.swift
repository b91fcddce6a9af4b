// Our chains and jumps when others rearrange the table.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesChainTests {
        @Test func `a jump that was pushed down is reported, and put first by the next fault`() async throws {
            try await Tables.with { tables in
                let first = try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -I OUTPUT 1 -p tcp --dport 443 -j ACCEPT && iptables-legacy -A OUTPUT -j RETURN")
                let note = "iptables: the jump from OUTPUT to FAULTD-OUTPUT is no longer the first rule; rules before it win"
                #expect(try await tables.backend.observe(first).drift == [note])
                let second = try await tables.inject([.drop(to: 80)], as: .test(2))
                #expect(try await tables.backend.observe(first).drift == [])
                #expect(
                    try tables.shell.expect("iptables-legacy -S OUTPUT") == """
                        -P OUTPUT ACCEPT
                        -A OUTPUT -m comment --comment faultd -j FAULTD-OUTPUT
                        -A OUTPUT -p tcp -m tcp --dport 443 -j ACCEPT
                        -A OUTPUT -j RETURN

                        """)
                for undo in [first, second] { _ = try await tables.backend.revert(undo) }
                #expect(try !tables.saved().contains("FAULTD"))
            }
        }

        @Test func `a jump that somebody deleted is reported, and put back by the next fault`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -D OUTPUT 1")
                let note = "iptables: the jump from OUTPUT to FAULTD-OUTPUT is gone, so its rules see no packet"
                #expect(try await tables.backend.observe(undo).drift == [note])
                try await tables.inject([.drop(to: 80)], as: .test(2))
                #expect(try await tables.backend.observe(undo).drift == [])
            }
        }

        @Test func `jumps that somebody copied become one`() async throws {
            try await Tables.with { tables in
                try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -A OUTPUT -m comment --comment faultd -j FAULTD-OUTPUT")
                let undo = try await tables.inject([.drop(to: 80)], as: .test(2))
                #expect(try tables.shell.expect("iptables-legacy -S OUTPUT").split(separator: "\n").count == 2)
                _ = try await tables.backend.revert(undo)
            }
        }

        @Test func `a rule of somebody else in our chain stays, and is drift`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -A FAULTD-OUTPUT -p tcp --dport 25 -j DROP")
                let outcome = try await tables.backend.revert(undo)
                #expect(outcome.drift == ["iptables: FAULTD-OUTPUT holds 1 rule that somebody else put there"])
                #expect(try tables.shell.expect("iptables-legacy -S FAULTD-OUTPUT").contains("--dport 25"))
                #expect(try await tables.backend.inventory() == [])
            }
        }

        @Test func `a jump of somebody else to our chain stays, and is drift`() async throws {
            try await Tables.with { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                try tables.shell.expect("iptables-legacy -A FORWARD -j FAULTD-OUTPUT")
                let outcome = try await tables.backend.revert(undo)
                #expect(outcome.drift == ["iptables: a rule that is not faultd's jumps to FAULTD-OUTPUT, so the empty chain stays"])
                #expect(try tables.shell.expect("iptables-legacy -S FORWARD").contains("-j FAULTD-OUTPUT"))
                #expect(try await tables.backend.inventory() == [])
            }
        }
    }
}
