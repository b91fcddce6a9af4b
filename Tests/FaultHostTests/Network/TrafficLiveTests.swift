// Qdiscs and filters in a network namespace, as tc sees them.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct TrafficLiveTests {
        private let shell = Shell(lock: "/dev/null")
        private let fault = FaultID(time: Timestamp(milliseconds: 1), random: (7, 7))

        /// Two ends of a cable, both here.
        private func withCable(_ body: () async throws -> Void) async throws {
            try shell.expect("ip link add tc0 type veth peer name tc1 && ip link set tc0 up && ip link set tc1 up && ip addr add 10.7.0.1/24 dev tc0")
            defer { _ = try? shell.run("ip link del tc0") }
            try await body()
        }

        private func change(_ direction: TrafficDirection = .out, spared: [TrafficMatch] = []) -> TrafficChange {
            let rate = RateShape(rate: BitRate(bitsPerSecond: 1_000_000), burst: TrafficBytes(16_384), limit: TrafficBytes(28_884))
            let port = TrafficMatch(.ipv4, destination: CIDR(text: "10.7.0.0/24"), proto: 6, destinationPorts: PortBits(value: 443, mask: .max))
            return TrafficChange(interface: "tc0", direction: direction, shape: .rate(rate), hit: [port, TrafficMatch(.ipv6)], spared: spared)
        }

        private func qdiscs() throws -> String { try shell.expect("tc qdisc show; tc class show dev tc0; tc filter show dev tc0; ip -br link") }

        @Test func outgoingIsShapedAndAllIsAsBeforeAfterwards() async throws {
            try await withCable {
                let before = try qdiscs()
                let change = change(spared: [TrafficMatch(.ipv4, proto: 6, sourcePorts: PortBits(value: 22, mask: .max))])
                let undo = try Interfaces.prepare(change, for: fault, in: nil)
                #expect(try qdiscs() == before)
                try Shaper(undo: undo).apply(change)
                let during = try qdiscs()
                #expect(during.contains("qdisc htb fa17: dev tc0 root"))
                #expect(during.contains("qdisc tbf fa18: dev tc0 parent fa17:1 rate 1Mbit burst 16Kb lat"))
                let filters = try shell.expect("tc filter show dev tc0")
                #expect(filters.contains("match 0a070000/ffffff00 at 16"))
                #expect(filters.contains("match 000001bb/0000ffff at 20"))
                #expect(filters.contains("flowid fa17:1") && filters.contains("protocol ipv6"))
                let seen = try Shaper(undo: undo).observe()
                #expect(seen.drift == [])
                #expect(seen.observations?.first?.subject == "qdisc tc0, out")
                #expect(try Interfaces.inventory() == [Artefact(mechanism: .traffic, fault: fault, name: "qdisc fa17: on tc0")])
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.restored))
                #expect(try qdiscs() == before)
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.alreadyGone))
            }
        }

        @Test func incomingGoesThroughADeviceThatGoesAgain() async throws {
            try await withCable {
                let before = try qdiscs()
                let undo = try Interfaces.prepare(change(.in), for: fault, in: nil)
                try Shaper(undo: undo).apply(change(.in))
                let device = TrafficChange.device(mark: fault.mark)
                #expect(try shell.expect("ip -d link show \(device)").contains("alias \(fault.mark)"))
                #expect(try shell.expect("tc filter show dev tc0 ingress").contains("Egress Redirect to device \(device)"))
                #expect(try shell.expect("tc qdisc show dev \(device)").contains("htb fa17: root"))
                #expect(try Interfaces.inventory().map(\.fault) == [fault, fault])
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.restored))
                #expect(try qdiscs() == before)
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.alreadyGone))
            }
        }

        @Test func bothDirectionsComposeOnOneInterface() async throws {
            try await withCable {
                let before = try qdiscs()
                let out = try Interfaces.prepare(change(), for: fault, in: nil)
                let arriving = try Interfaces.prepare(change(.in), for: fault, in: nil)
                try Shaper(undo: out).apply(change())
                try Shaper(undo: arriving).apply(change(.in))
                #expect(try Shaper(undo: out).revert() == RevertOutcome(.restored))
                #expect(try Shaper(undo: arriving).observe().drift == [])
                #expect(try Shaper(undo: arriving).revert() == RevertOutcome(.restored))
                #expect(try qdiscs() == before)
            }
        }

        @Test func aQdiscOfSomebodyElseIsRefused() async throws {
            try await withCable {
                try shell.expect("tc qdisc add dev tc0 root handle 5: tbf rate 10mbit burst 32kb latency 50ms")
                #expect(throws: Problem.self) { try Interfaces.prepare(change(), for: fault, in: nil) }
                try shell.expect("tc qdisc add dev tc0 ingress")
                let problem = #expect(throws: Problem.self) { try Interfaces.prepare(change(.in), for: fault, in: nil) }
                #expect(problem?.type == .conflict)
                #expect(problem?.detail == "tc0 has a qdisc of somebody else: ingress ffff:; faultd does not replace it")
            }
        }

        @Test func aQdiscThatTookThePlaceOfOursStays() async throws {
            try await withCable {
                let undo = try Interfaces.prepare(change(), for: fault, in: nil)
                try Shaper(undo: undo).apply(change())
                try shell.expect("tc qdisc replace dev tc0 root handle 5: tbf rate 10mbit burst 32kb latency 50ms")
                #expect(try Shaper(undo: undo).observe().drift == ["somebody removed the qdisc of tc0"])
                let outcome = try Shaper(undo: undo).revert()
                #expect(outcome.result == .superseded)
                #expect(outcome.drift.first?.hasPrefix("somebody changed the qdiscs of tc0: tbf 5:") == true)
                #expect(try shell.expect("tc qdisc show dev tc0").contains("tbf 5: root"))
            }
        }

        @Test func filtersOfOthersAtTheIngressStay() async throws {
            try await withCable {
                let undo = try Interfaces.prepare(change(.in), for: fault, in: nil)
                try Shaper(undo: undo).apply(change(.in))
                try shell.expect("tc filter add dev tc0 parent ffff: prio 77 protocol ip u32 match ip dport 9 0xffff flowid ffff:7")
                let outcome = try Shaper(undo: undo).revert()
                #expect(outcome.drift == ["somebody put filters at tc0's ingress, which stays for them"])
                let left = try shell.expect("tc filter show dev tc0 ingress")
                #expect(left.contains("pref 77") && !left.contains("pref 4"))
                #expect(try !shell.expect("ip -br link").contains("faultd"))
            }
        }

        @Test func anotherFaultsQdiscIsNotTaken() async throws {
            try await withCable {
                let undo = try Interfaces.prepare(change(), for: fault, in: nil)
                try Shaper(undo: undo).apply(change())
                var other = undo
                other.fault = FaultID(time: Timestamp(milliseconds: 2), random: (8, 8))
                #expect(try Shaper(undo: other).revert().result == .superseded)
                #expect(try Shaper(undo: undo).observe().drift == [])
                #expect(try Shaper(undo: undo).revert().result == .restored)
            }
        }

        @Test func whatWasCutShortInTheMakingIsRemoved() async throws {
            try await withCable {
                let before = try qdiscs()
                let undo = try Interfaces.prepare(change(), for: fault, in: nil)
                try TrafficMessages.root(on: undo.index, defaultClass: 0).perform("test")
                #expect(try Interfaces.inventory().map(\.fault) == [nil])
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.restored))
                let arriving = try Interfaces.prepare(change(.in), for: fault, in: nil)
                try LinkMessages.makeDevice(TrafficChange.device(mark: fault.mark)).perform("test")
                #expect(try Shaper(undo: arriving).revert() == RevertOutcome(.restored))
                #expect(try qdiscs() == before)
            }
        }

        @Test func orphansAreFoundAndRemovedByTheirMark() async throws {
            try await withCable {
                let before = try qdiscs()
                for direction in [TrafficDirection.out, .in] {
                    try Shaper(undo: try Interfaces.prepare(change(direction), for: fault, in: nil)).apply(change(direction))
                }
                let found = try Interfaces.inventory()
                #expect(found.count == 3)
                for artefact in found { try Interfaces.remove(artefact) }
                #expect(try qdiscs() == before)
                for artefact in found { try Interfaces.remove(artefact) }
            }
        }

        @Test func anInterfaceThatIsGoneHasNothingLeft() async throws {
            try await withCable {
                let undo = try Interfaces.prepare(change(), for: fault, in: nil)
                try Shaper(undo: undo).apply(change())
                try shell.expect("ip link del tc0 && ip link add tc0 type veth peer name tc1")
                #expect(try Shaper(undo: undo).revert() == RevertOutcome(.alreadyGone))
                #expect(throws: Problem.self) { try Shaper(undo: undo).apply(change()) }
            }
        }

        @Test func theKernelIsAskedWithoutTouchingAnything() throws {
            let before = try shell.expect("ip -br link; tc qdisc show")
            let kernel = KernelTraffic()
            #expect(try kernel.missing(among: [.htb, .u32, .tbf, .ingress, .ifb]) == [])
            let missing = try kernel.missing(among: [.netem])
            let hasNetem = try shell.run("ip link add nm0 type dummy && tc qdisc add dev nm0 root netem delay 1ms").status == 0
            _ = try shell.run("ip link del nm0")
            #expect(missing.isEmpty == hasNetem)
            #expect(kernel.report(.netem, [.htb, .netem]).available == hasNetem)
            #expect(try shell.expect("ip -br link; tc qdisc show") == before)
        }
    }
}
