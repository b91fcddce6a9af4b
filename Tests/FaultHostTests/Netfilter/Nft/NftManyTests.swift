// Many faults: made and ended together, in as many tables as they need, and found again by whoever comes after.
import FaultModel
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct NftManyTests {
        private func nft() -> NftTables { NftTables(now: { Moment.now() }) }

        private func rules(_ number: Int) -> [PacketRule] { [.drop(to: UInt16(number + 1)), .drop(to: UInt16(number + 1), .output, .ipv6)] }

        private func make(_ numbers: Range<Int>, by nft: NftTables) throws -> [PacketUndo] {
            var undos: [PacketUndo] = []
            for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 64) {
                let part = try (first..<min(first + 64, numbers.upperBound)).map {
                    try nft.prepare(PacketChange(rules: rules($0)), for: .test(UInt16($0)))
                }
                for evidence in nft.apply(applications(part)) { #expect(try evidence.get().packets?.rules == 2) }
                undos += part
            }
            return undos
        }

        private func applications(_ undos: [PacketUndo], for span: Duration = .seconds(60)) -> [PacketApplication] {
            undos.map { PacketApplication(change: PacketChange(rules: $0.rules), undo: $0, deadline: .now() + span) }
        }

        @Test func `what does not fit into one table is in the next, and all of it goes`() async throws {
            try await Tables.with(.nftables) { tables in
                let nft = nft()
                let made = ContinuousClock.now
                let undos = try make(0..<350, by: nft)
                print("nftables: 350 faults made by 64 at once in \((ContinuousClock.now - made).text)")
                #expect(Set(undos.map(\.shard)) == [nil, 2, 3])
                #expect(try tables.shell.expect("nft list tables") == "table inet faultd\ntable inet faultd-2\ntable inet faultd-3\n")
                #expect(try nft.inventory().map(\.fault) == undos.map(\.fault))
                var last = try #require(undos.last)
                last.backend = .nftables
                #expect(last.stepsTaken(lease: .seconds(60))?.allSatisfy { $0.apply.contains("inet faultd-3") } == true)
                let kept = try tables.saved()
                let more = try make(350..<450, by: nft)
                for outcome in nft.revert(more) { #expect(try outcome.get() == RevertOutcome(.restored)) }
                #expect(try tables.saved() == kept)
                for evidence in nft.observe(undos) { #expect(try evidence.get().drift == []) }
                for outcome in nft.revert(undos.reversed()) { #expect(try outcome.get() == RevertOutcome(.restored)) }
                #expect(try tables.saved().isEmpty)
                for outcome in nft.revert(undos) { #expect(try outcome.get() == RevertOutcome(.alreadyGone)) }
            }
        }

        @Test func `another process finds them, moves their ends and takes them back, and the first is told`() async throws {
            try await Tables.with(.nftables) { tables in
                let (first, second) = (nft(), nft())
                let undos = try make(0..<150, by: first)
                for evidence in second.observe(undos) { #expect(try evidence.get().packets?.rules == 2) }
                for backstop in second.rearm(undos.map { PacketRenewal(undo: $0, deadline: .now() + .seconds(500)) }) { _ = try backstop.get() }
                #expect(try tables.shell.expect("nft list ruleset").matches(of: /timeout 8m/).count == 300)
                for outcome in second.revert(Array(undos[20..<140])) { #expect(try outcome.get() == RevertOutcome(.restored)) }
                #expect(try first.observe(undos[30]).drift == ["0 of 2 rules are in the kernel; somebody removed the rest"])
                let rest = undos[..<20] + undos[140...]
                for outcome in first.revert(undos) { _ = try outcome.get() }
                #expect(rest.count == 30)
                #expect(try tables.saved().isEmpty)
            }
        }

        @Test func `of many that are made at once only the guilty fail`() async throws {
            try await Tables.with(.nftables) { tables in
                let nft = nft()
                // A chain of that name and another type, so that the kernel refuses who needs it.
                try tables.shell.expect("nft 'add table inet faultd; add chain inet faultd input { type nat hook input priority 0; }'")
                var wanted = applications(try (0..<20).map { try nft.prepare(PacketChange(rules: rules($0)), for: .test(UInt16($0))) })
                wanted[7].deadline = .now() + .milliseconds(-1)
                wanted[9].change.rules[0].chain = .input
                let results = nft.apply(wanted)
                for (index, result) in results.enumerated() {
                    if index == 7 || index == 9 { #expect(throws: Problem.self) { try result.get() } } else { #expect(try result.get().drift == []) }
                }
                let found = try nft.inventory()
                #expect(found.count == 18)
                for outcome in nft.revert(wanted.map(\.undo)) { _ = try outcome.get() }
                #expect(try tables.saved().isEmpty)
            }
        }

        @Test(arguments: [true, false]) func `a fault that is applied again is replaced, remembered or not`(_ isRemembered: Bool) async throws {
            try await Tables.with(.nftables) { tables in
                let first = nft()
                let undo = try first.prepare(PacketChange(rules: rules(1)), for: .test(1))
                for evidence in first.apply(applications([undo])) { _ = try evidence.get() }
                let other = try first.prepare(PacketChange(rules: rules(2)), for: .test(2))
                for evidence in first.apply(applications([other])) { _ = try evidence.get() }
                let again = isRemembered ? first : nft()
                let change = PacketChange(rules: [.drop(to: 80, .input)])
                #expect(try again.apply(change, undo: undo, until: .now() + .seconds(60)).packets?.rules == 1)
                let text = try tables.saved()
                #expect(text.matches(of: /comment "faultd:/).count == 3 && text.contains("tcp dport 80 ") && !text.contains("tcp dport 2 "))
                for outcome in again.revert([undo, other]) { #expect(try outcome.get().result == .restored) }
                #expect(try tables.saved().isEmpty)
            }
        }
    }

    /// What is remembered of the kernel's numbers may be wrong at any time.
    @Suite struct NftMemoryTests {
        /// In a table that was made anew, with as many rules as before, the numbers of our rules are others'.
        @Test func `a ruleset that was made anew with other numbers loses nobody's rule`() async throws {
            try await Tables.with(.nftables) { tables in
                let nft = NftTables(now: { Moment.now() })
                var undos: [PacketUndo] = []
                for number in 1...4 as ClosedRange<UInt16> {
                    undos.append(try nft.prepare(PacketChange(rules: [.drop(to: number)]), for: .test(number)))
                    _ = try nft.apply(PacketChange(rules: [.drop(to: number)]), undo: undos[undos.count - 1], until: .now() + .seconds(60))
                }
                let saved = try tables.shell.expect("nft list ruleset")
                try tables.shell.expect("nft flush ruleset && nft -f -", input: saved)
                let before = try tables.saved()
                // What was the number of the last one's rule is that of the first one's now.
                #expect(try nft.revert(undos[3]).result == .restored)
                let lines = before.split(separator: "\n").count { !$0.contains(undos[3].fault.text) }
                #expect(try tables.saved().split(separator: "\n").count { !$0.contains(undos[3].fault.text) } == lines - 4)
                #expect(try !tables.saved().contains(undos[3].fault.text))
                for undo in undos { _ = try nft.revert(undo) }
                #expect(try tables.saved().isEmpty)
            }
        }

        @Test func `rules that somebody doubled are all removed`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject([.drop(to: 443), .drop(to: 443, .input)], as: .test(1))
                let saved = try tables.shell.expect("nft list ruleset")
                try tables.shell.expect("nft -f -", input: saved)
                #expect(try tables.saved().matches(of: /comment "faultd:/).count == 4)
                #expect(try await tables.backend.revert(undo).result == .restored)
                #expect(try tables.saved().isEmpty)
            }
        }

        /// A rule of theirs that looks into the fault's set keeps the set, which matches nothing then.
        @Test func `a set that somebody else's rule looks into stays, empty`() async throws {
            try await Tables.with(.nftables) { tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1))
                let rule = "meta nfproto @alive-\(undo.fault) counter packets 0 bytes 0 accept"
                try tables.shell.expect("nft 'add rule inet faultd output \(rule)'")
                #expect(try await tables.backend.revert(undo).result == .restored)
                let left = try tables.saved()
                #expect(left.contains(rule) && !left.contains("elements") && !left.contains(undo.fault.mark))
            }
        }

        @Test func `who writes all the time into other tables keeps no fault from its end`() async throws {
            try await Tables.with(.nftables) { tables in
                let child = try Child(
                    "nft 'add table ip theirs; add set ip theirs s { type mark; }'; while nft 'add element ip theirs s { 1 }; flush set ip theirs s'; do :; done",
                    lock: tables.shell.lock)
                defer { child.kill() }
                for number in 1...40 as ClosedRange<UInt16> {
                    let undo = try await tables.inject([.drop(to: number)], as: .test(number))
                    #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                }
            }
        }
    }

    /// As versions had it that gave each fault chains of its own.
    @Suite struct NftFormerLayoutTests {
        private func put(_ fault: FaultID, _ tables: Tables) throws {
            let rule = PacketRule.drop(to: 443).nftablesStatement(alive: "alive-\(fault)", mark: fault.mark)
            let chain = "output-\(fault)"
            try tables.shell.expect(
                "nft -f -",
                input: """
                    add table inet faultd
                    add set inet faultd alive-\(fault) { type nf_proto; flags timeout; }
                    add element inet faultd alive-\(fault) { ipv4 timeout 60s, ipv6 timeout 60s }
                    add chain inet faultd \(chain) { type filter hook output priority filter - 1; }
                    add rule inet faultd \(chain) \(rule)

                    """)
        }

        @Test func `its rules are found, by undo and by mark, and removed to the last`() async throws {
            try await Tables.with(.nftables) { tables in
                try put(.test(1), tables)
                try put(.test(2), tables)
                let undo = PacketUndo(fault: .test(1), rules: [.drop(to: 443)], backend: .nftables)
                #expect(try await tables.backend.observe(undo).packets?.rules == 1)
                #expect(try await tables.backend.inventory() == [.rules(.test(1)), .rules(.test(2))])
                let now = try await tables.inject([.drop(to: 80)], as: .test(3))
                #expect(try await tables.backend.revert(undo) == RevertOutcome(.restored))
                try await tables.backend.remove(.rules(.test(2)))
                #expect(try await tables.backend.inventory() == [.rules(.test(3))])
                #expect(try await tables.backend.revert(now) == RevertOutcome(.restored))
                #expect(try tables.saved().isEmpty)
            }
        }

        @Test func `somebody else's rule in its chain stays, and chains without rules go`() async throws {
            try await Tables.with(.nftables) { tables in
                try put(.test(1), tables)
                try put(.test(2), tables)
                try tables.shell.expect("nft 'add rule inet faultd output-\(FaultID.test(1)) udp dport 53 accept'")
                try tables.shell.expect("nft 'flush chain inet faultd output-\(FaultID.test(2)); delete set inet faultd alive-\(FaultID.test(2))'")
                let undo = PacketUndo(fault: .test(1), rules: [.drop(to: 443)], backend: .nftables)
                #expect(
                    try await tables.backend.revert(undo).drift == [
                        "nftables: output-\(FaultID.test(1)) holds 1 rule that somebody else put there"
                    ])
                for artefact in try await tables.backend.inventory() { try await tables.backend.remove(artefact) }
                #expect(try await tables.backend.inventory() == [])
                let left = try tables.saved()
                #expect(left.contains("udp dport 53 accept") && !left.contains("\(FaultID.test(2))"))
            }
        }
    }
}
