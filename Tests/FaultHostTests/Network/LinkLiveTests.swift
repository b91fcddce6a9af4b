// Interfaces set down and up again in a network namespace, as ip sees them.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct LinkLiveTests {
        private let shell = Shell(lock: "/dev/null")
        private let fault = FaultID(time: Timestamp(milliseconds: 1), random: (7, 7))
        private let change = LinkChange(interface: "ln0")

        /// With addresses, neighbours and routes of every sort that goes away.
        private func withCable(_ body: () async throws -> Void) async throws {
            try shell.expect("ip link add ln0 type veth peer name ln1 && ip link set ln1 up && ip link set ln0 up")
            defer { _ = try? shell.run("ip link del ln0") }
            try shell.expect("ip addr add 10.6.0.1/24 dev ln0 && ip addr add 10.6.1.1/24 dev ln0 && ip -6 addr add fd06::1/64 dev ln0 nodad")
            try shell.expect("ip route add 10.60.0.0/16 via 10.6.0.254 && ip route add default via 10.6.0.253 metric 50 table 77")
            try shell.expect("ip route add 10.61.0.0/16 dev ln0 src 10.6.1.1 mtu 1300 && ip route add 10.62.0.0/16 via 192.0.2.1 dev ln0 onlink")
            try shell.expect("ip -6 route add fd60::/32 via fd06::fe && ip -6 route add fd61::/32 dev ln0 src fd06::1 metric 7")
            try shell.expect("ip neigh add 10.6.0.254 lladdr 02:00:00:00:00:01 dev ln0 nud permanent")
            try shell.expect("ip -6 neigh add fd06::fe lladdr 02:00:00:00:00:02 dev ln0 nud permanent")
            try await body()
        }

        /// Without what is only true for a moment, and in an order that means nothing.
        private func sight() throws -> [String] {
            let text = try shell.expect(
                "ip -br link show ln0; ip -o addr show dev ln0; ip route show table all dev ln0; ip -6 route show table all dev ln0; ip neigh show nud permanent dev ln0"
            )
            return text.replacing(" tentative", with: "").split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
        }

        @Test func everythingThatWentAwayWithItIsPutBack() async throws {
            try await withCable {
                // The link's own address comes by itself, after a moment.
                try await Task.sleep(for: .milliseconds(100))
                let before = try sight()
                let undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                #expect(try sight() == before)
                #expect(try LinkRestorer(undo: undo).apply().observations?.map(\.state) == ["down"])
                let during = try sight()
                #expect(!during.contains { $0.contains("fd06::1") || $0.contains("10.60.0.0/16") || $0.contains("lladdr") })
                #expect(try LinkRestorer(undo: undo).revert() == RevertOutcome(.restored))
                #expect(try sight() == before)
                #expect(try LinkRestorer(undo: undo).revert() == RevertOutcome(.alreadyGone))
                #expect(try sight() == before)
            }
        }

        @Test func theUndoSurvivesTheJournal() async throws {
            try await withCable {
                let undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                let text = try JSONEncoder().encode(Undo.links(undo))
                #expect(try JSONDecoder().decode(Undo.self, from: text) == .links(undo))
                let entries = undo.entries.compactMap(LinkEntry.init)
                #expect(entries.map(\.saved) == undo.entries)
                let texts = entries.map(\.text)
                #expect(texts.contains("address fd06::1/64") && texts.contains("route 10.60.0.0/16 via 10.6.0.254"))
                #expect(texts.contains("neighbour 10.6.0.254") && texts.contains("route default via 10.6.0.253"))
            }
        }

        @Test func aCrashHalfWayIsMended() async throws {
            try await withCable {
                try await Task.sleep(for: .milliseconds(100))
                let before = try sight()
                let undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                _ = try LinkRestorer(undo: undo).apply()
                try LinkMessages.set(undo.index, up: true).perform("test")
                let outcome = try LinkRestorer(undo: undo).revert()
                #expect(outcome.result == .restored && outcome.notes == ["somebody had set ln0 up"])
                #expect(try sight() == before)
            }
        }

        @Test func whatCantBePutBackIsToldAndTheRestIsThere() async throws {
            try await withCable {
                let undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                _ = try LinkRestorer(undo: undo).apply()
                // Without the address no route can prefer it.
                try shell.expect("ip addr del 10.6.1.1/24 dev ln0")
                let outcome = try LinkRestorer(undo: undo).revert()
                #expect(outcome.result == .restored)
                let why = "of ln0 could not be put back: Invalid prefsrc address"
                #expect(outcome.drift == ["route 10.6.1.0/24 \(why)", "route 10.61.0.0/16 \(why)"])
                #expect(try shell.expect("ip route show").contains("10.60.0.0/16"))
            }
        }

        @Test func anInterfaceThatWasMadeAnewIsNotTouched() async throws {
            try await withCable {
                let undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                _ = try LinkRestorer(undo: undo).apply()
                try shell.expect("ip link del ln0 && ip link add ln0 type veth peer name ln1")
                #expect(try LinkRestorer(undo: undo).revert().result == .alreadyGone)
                #expect(try shell.expect("ip -br link show ln0").contains("DOWN"))
            }
        }

        @Test func afterABootAnInterfaceThatIsUpIsLeftAsItIs() async throws {
            try await withCable {
                var undo = try LinkRestorer.prepare(change, for: fault, in: nil)
                undo.bootID = "another"
                try shell.expect("ip route del 10.60.0.0/16")
                #expect(try LinkRestorer(undo: undo).revert() == RevertOutcome(.alreadyGone))
                #expect(try !shell.expect("ip route show").contains("10.60.0.0/16"))
            }
        }

        @Test func whatCouldNotBePutBackExactlyIsRefused() async throws {
            try await withCable {
                func refusal() throws -> Problem {
                    try #require(#expect(throws: Problem.self) { try LinkRestorer.prepare(change, for: fault, in: nil) })
                }
                try shell.expect("ip -6 route add fd99::/64 nexthop via fd06::a dev ln0 nexthop via fd06::b dev ln0")
                #expect(try refusal().detail.contains("multipath"))
                try shell.expect("ip -6 route del fd99::/64")
                if try shell.run("ip link add link ln0 name ln0.5 type macvlan && ip link set ln0.5 up").status == 0 {
                    #expect(try refusal().detail.contains("ln0.5 sits on it"))
                    try shell.expect("ip link del ln0.5")
                }
                try shell.expect("ip link set ln0 down")
                #expect(try refusal().type == .noEffect)
            }
        }

        @Test func theWayOutIsKnown() async throws {
            try await withCable {
                let peer = SSHPeer(address: .host("10.60.1.1"), port: 5, localPort: 22)
                let index = try Interfaces.find("ln0").index
                #expect(try Carriers.list(sshPeers: [peer]) == [index: ["ssh from 10.60.1.1 comes by it"]])
                try shell.expect("ip route add default via 10.6.0.254")
                #expect(try Carriers.list(sshPeers: []) == [index: ["the default route goes by it"]])
            }
        }
    }
}
