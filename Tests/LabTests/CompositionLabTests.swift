// Random histories on the real node: any number of faults at once, ending in any order, each exactly in force until its own end.
import FaultClient
import FaultModel
import FaultTesting
import Foundation
import Testing

extension LabSuite {
    /// `FAULTD_TEST_LAB_HISTORIES` says how many (25, or as many as fit in 40 s, if left out), `FAULTD_TEST_LAB_SEED` which is the first.
    @Suite(.serialized) struct Composition {
        private static let count = Lab.environment["FAULTD_TEST_LAB_HISTORIES"].flatMap(UInt64.init)
        private static let patience = Duration.seconds(40)
        private static let first = Lab.environment["FAULTD_TEST_LAB_SEED"].flatMap(UInt64.init) ?? 1

        @Test func randomHistoriesDoWhatTheReferenceSays() async throws {
            try await Lab.node(
                LabPool.units.map { "printf '[Service]\\nExecStart=/bin/sleep inf\\n' > /run/systemd/system/\($0).service" }.joined(separator: "; ")
                    + "; systemctl daemon-reload; systemctl start \(LabPool.units.joined(separator: " "))")
            let began = ContinuousClock.now
            var tally = LabTally()
            try await Lab.restoring { _ in
                let rules = try await LabWorld.rulesAlone()
                for seed in Self.first..<(Self.first + (Self.count ?? 25)) where Self.count != nil || ContinuousClock.now < began + Self.patience {
                    var world = LabWorld(seed: seed, rules: rules, client: FaultClient(socket: try await Lab.socket()))
                    let violation = await world.run()
                    tally.add(world, violation)
                    if let violation { Issue.record("FAULTD_TEST_LAB_SEED=\(seed):\n\(world.told.joined(separator: "\n"))\n\(violation)") }
                }
            }
            print("composition on the node: \(tally), \((ContinuousClock.now - began).text)")
            let units = LabPool.units.map { "/run/systemd/system/\($0).service" }.joined(separator: " ")
            try await Lab.node("systemctl stop \(LabPool.units.joined(separator: " ")); rm -f \(units); systemctl daemon-reload")
        }
    }
}

struct LabTally: CustomStringConvertible {
    private var histories = 0, steps = 0, faults = 0, most = 0, kills = 0, violations = 0

    mutating func add(_ world: LabWorld, _ violation: String?) {
        histories += 1
        steps += world.told.count
        faults += world.granted
        most = max(most, world.most)
        kills += world.kills
        violations += violation == nil ? 0 : 1
    }

    var description: String {
        "\(histories) histories, \(steps) steps, \(faults) faults granted, \(most) at once, \(kills) kills, \(violations) violations"
    }
}

/// What may be asked for, and what each does.
struct LabPool: Sendable {
    var kind: String
    var fields: KeyValuePairs<String, String>
    var units: [String] = []
    var hasPackets = false
    var container: String?
    /// Nobody but faultd brings it back.
    var staysDead = false

    static let units = ["fdc-a", "fdc-b", "fdc-c"]
    static let all: [LabPool] = [
        .init(kind: "network.drop", fields: ["protocol": "tcp", "port": "4431"], hasPackets: true),
        .init(kind: "network.drop", fields: ["protocol": "udp", "port": "4431", "peer": "192.0.2.0/24", "direction": "both"], hasPackets: true),
        .init(kind: "network.reject", fields: ["protocol": "tcp", "port": "4433", "peer": "198.51.100.7"], hasPackets: true),
        .init(kind: "unit.stop", fields: ["unit": "fdc-a"], units: ["fdc-a"]),
        .init(kind: "unit.stop", fields: ["unit": "fdc-b,fdc-c"], units: ["fdc-b", "fdc-c"]),
        .init(kind: "unit.stop", fields: ["unit": "fdc-c"], units: ["fdc-c"]),
        .init(kind: "node.cut", fields: ["protocol": "tcp", "port": "4432", "unit": "fdc-a"], units: ["fdc-a"], hasPackets: true),
        .init(kind: "container.kill", fields: ["name": "^batch$"], container: "batch", staysDead: true),
        .init(kind: "container.kill", fields: ["name": "^web$"], container: "web"),
    ]

    func clashes(_ other: LabPool) -> Bool {
        !Set(units).isDisjoint(with: other.units) || (container != nil && container == other.container)
    }

    var text: String { kind + fields.map { " \($0.key)=\($0.value)" }.joined() }
}
