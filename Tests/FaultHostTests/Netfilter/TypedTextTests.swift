// The text that a fault shows is the rule: iptables finds it by that text and can delete it.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct IptablesTypedTextTests {
        @Test(arguments: RichRules.all + QueryRules.all)
        func `iptables finds and deletes the rule by the text that is shown`(_ rule: PacketRule) async throws {
            try await Tables.with { tables in
                let deadline = Moment.now() + .seconds(60)
                let change = PacketChange(rules: [rule])
                let undo = try await tables.backend.prepare(change, for: .test(1))
                _ = try await tables.backend.apply(change, undo: undo, until: deadline)
                let program = "\(rule.program)-legacy -t \(rule.table.rawValue)"
                let text = rule.iptablesArguments(mark: undo.fault.mark, until: Datestop(deadline: deadline.wall).lastSecond)
                try tables.shell.expect("\(program) -C \(text)")
                try tables.shell.expect("\(program) -D \(text)")
                #expect(try await tables.backend.observe(undo).packets?.rules == 0)
                // The chains.
                _ = try await tables.backend.revert(undo)
            }
        }
    }
}
