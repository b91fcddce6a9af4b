// Which tables a node's rules are put into, and that what is in force stays with those that hold it.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct BackendChoiceTests {
    static let cases: [(TableUse, TableUse, PacketTables, String)] = [
        (.used("a"), .used("b"), .iptables, "a"),
        (.used("a"), .unused, .iptables, "a"),
        (.used("a"), .missing("c"), .iptables, "a"),
        (.unused, .used("b"), .nftables, "b, the legacy tables are not"),
        (.missing("no legacy"), .used("b"), .nftables, "b; no legacy"),
        (.missing("no legacy"), .unused, .nftables, "no legacy"),
        (.unused, .unused, .nftables, "nobody filters packets here yet, and its rules end to the millisecond"),
        (.unused, .missing("c"), .iptables, "nftables can't be used: c"),
        (.missing("a"), .missing("c"), .iptables, "nftables can't be used: c"),
    ]

    @Test(arguments: cases) func `auto goes where the others' rules are`(
        _ iptables: TableUse, _ nftables: TableUse, _ tables: PacketTables, _ why: String
    ) {
        #expect(BackendChoice.make(.auto, iptables: iptables, nftables: nftables) == BackendChoice(tables: tables, why: why))
    }

    @Test(arguments: cases) func `what is configured is what is used`(_ iptables: TableUse, _ nftables: TableUse, _: PacketTables, _: String) {
        #expect(BackendChoice.make(.iptables, iptables: iptables, nftables: nftables).tables == .iptables)
        #expect(BackendChoice.make(.nftables, iptables: iptables, nftables: nftables).tables == .nftables)
    }
}

extension InNamespace {
    @Suite struct BothBackendsTests {
        private func with(_ body: (Tables, (PacketBackendSetting) -> PacketRules) async throws -> Void) async throws {
            try await Tables.with { tables in
                let containers = Containers(clock: try LinuxClock())
                let result: Result<Void, any Error>
                do {
                    result = .success(
                        try await body(tables) { setting in
                            PacketRules(
                                setting, iptables: IptablesBackend(lock: tables.shell.lock), nftables: NftablesBackend(now: { Moment.now() }),
                                namespaces: Namespaces(of: containers))
                        })
                } catch { result = .failure(error) }
                await containers.shutdown()
                try result.get()
            }
        }

        private func inject(_ rules: PacketRules, _ fault: FaultID) async throws -> PacketUndo {
            let change = PacketChange(rules: [.drop(to: 443)])
            let undo = try await rules.prepare(change, for: fault)
            _ = try await rules.apply(change, undo: undo, until: .now() + .seconds(60))
            return undo
        }

        @Test func `a fault is undone by the backend that holds it, whatever would be chosen now`() async throws {
            try await with { tables, rules in
                let (legacy, nft) = (rules(.iptables), rules(.nftables))
                let (first, second) = (try await inject(legacy, .test(1)), try await inject(nft, .test(2)))
                #expect(first.backend == .iptables && second.backend == .nftables)
                #expect(try await nft.inventory() == [.rules(.test(1)), .rules(.test(2))])
                #expect(try await nft.observe(first).packets?.backend == "iptables-legacy")
                #expect(try await legacy.observe(second).packets?.backend == "nftables")
                var old = first
                old.backend = nil
                #expect(try await nft.revert(old) == RevertOutcome(.restored))
                #expect(try await legacy.revert(second) == RevertOutcome(.restored))
                #expect(try await nft.inventory() == [])
                #expect(try tables.ruleset().isEmpty)
            }
        }

        @Test func `orphans are removed from both`() async throws {
            try await with { tables, rules in
                let (legacy, nft) = (rules(.iptables), rules(.nftables))
                for (rules, fault) in [(legacy, FaultID.test(1)), (nft, .test(1)), (nft, .test(2))] { _ = try await inject(rules, fault) }
                let found = try await legacy.inventory()
                #expect(found == [.rules(.test(1)), .rules(.test(2))])
                for artefact in found { try await legacy.remove(artefact) }
                #expect(try await nft.inventory() == [])
                #expect(try tables.ruleset().isEmpty && !tables.saved().contains("FAULTD"))
            }
        }

        @Test func `auto reads the kernel, and says why`() async throws {
            try await with { tables, rules in
                let auto = rules(.auto)
                func detail() async -> String { await auto.capabilities().first?.detail ?? "" }
                try tables.shell.expect("iptables-nft -A OUTPUT -p udp -j ACCEPT")
                #expect(await detail().hasSuffix("(chosen: nft tables are in use (ip filter), the legacy tables are not)"))
                #expect(try await inject(auto, .test(1)).backend == .nftables)
                try tables.shell.expect("iptables-legacy -A OUTPUT -p udp -j ACCEPT")
                #expect(await detail() == "iptables-legacy tables for IPv4 and IPv6 (chosen: the legacy IPv4 filter table holds rules of others)")
                #expect(try await inject(auto, .test(2)).backend == .iptables)
                for artefact in try await auto.inventory() { try await auto.remove(artefact) }
            }
        }

        /// What stands for any fault of this node, for whoever asks what a backstop would be.
        @Test func `a sample is foreseen as the next fault would be`() async throws {
            try await with { tables, rules in
                for (setting, detail) in [(PacketBackendSetting.iptables, "xt_time datestop"), (.nftables, "nftables timeout")] {
                    let backstop = try await rules(setting).foresee(PacketUndo(fault: .test(1), rules: []), until: .now())
                    #expect(backstop?.detail.hasPrefix(detail) == true)
                }
            }
        }
    }
}
