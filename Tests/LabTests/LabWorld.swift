// One random history on the lab's node, and the reference that says after each step what must be in force.
import FaultClient
import FaultModel
import FaultTesting
import Foundation
import Testing

/// Draws a step, does it over the socket, and compares: the daemon's list, rules by mark, unit states, containers.
struct LabWorld {
    private struct Granted {
        var number: Int
        var pool: LabPool
        var id: FaultID
        var end: ContinuousClock.Instant
        /// Units that an operator started since: they are up, and stay so.
        var started: Set<String> = []
    }
    private struct Violation: Error { var text: String }

    private var random: SplitMix64
    private var client: FaultClient
    /// How many rules each spec has when it is alone, by its text.
    private let rules: [String: Int]
    private var live: [Granted] = []
    private var over: [(id: FaultID, causes: Set<EndCause>)] = []
    private(set) var told: [String] = []
    private(set) var granted = 0
    private(set) var most = 0
    private(set) var kills = 0

    init(seed: UInt64, rules: [String: Int], client: FaultClient) {
        random = SplitMix64(seed: seed)
        self.rules = rules
        self.client = client
    }

    static func rulesAlone() async throws -> [String: Int] {
        let client = FaultClient(socket: try await Lab.socket())
        var counts: [String: Int] = [:]
        for pool in LabPool.all where pool.hasPackets {
            let fault = try await client.inject(pool.kind, pool.fields)
            counts[pool.text] = try await LabSight.read().rules[fault.id] ?? 0
            _ = try await client.end(fault.id)
        }
        await client.shutdown()
        return counts
    }

    /// What went wrong, if something did; the node is cleared in any case.
    mutating func run() async -> String? {
        var found: String?
        do {
            for _ in 0..<(6 + below(6)) {
                try await step()
                try await check()
            }
            try await finish()
        } catch let violation as Violation { found = violation.text } catch { found = "\(error)" }
        _ = try? await client.resume()
        _ = try? await client.endAll()
        await client.shutdown()
        return found
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    // MARK: steps

    private mutating func step() async throws {
        switch below(100) {
        case ..<52: try await inject()
        case ..<68: try await end()
        case ..<75: try await renew()
        case ..<79: try await endAll(kind: LabPool.all[below(LabPool.all.count)].kind)
        case ..<86: try await pass()
        case ..<92: try await kill()
        case ..<95: try await halt()
        default: try await operatorStarts()
        }
    }

    private mutating func inject() async throws {
        let pool = LabPool.all[below(LabPool.all.count)]
        let lease = [1, 2, 120, 120, 120][below(5)]
        told.append("inject \(pool.text) for \(lease) s")
        try await expire()
        let rivals = live.filter { pool.clashes($0.pool) }
        do throws(Problem) {
            let fault = try await client.inject(pool.kind, pool.fields, lease: "\(lease)s")
            guard rivals.isEmpty else { throw Problem(.internalError, "granted in spite of \(rivals.map(\.id))") }
            live.append(Granted(number: granted, pool: pool, id: fault.id, end: ContinuousClock.now + .seconds(lease)))
            granted += 1
            most = max(most, live.count)
        } catch { try judge(error, rivals) }
    }

    private func judge(_ problem: Problem, _ rivals: [Granted]) throws {
        guard !rivals.isEmpty, problem.type != .internalError else { throw Violation(text: "refused, or granted, without a reason: \(problem)") }
        // A killed container does not run: there is nothing that could clash.
        if problem.type == .noMatch, rivals.contains(where: { $0.pool.container != nil }) { return }
        guard problem.type == .conflict, rivals.contains(where: { problem.description.contains($0.id.text) }) else {
            throw Violation(text: "a clash must name the other, one of \(rivals.map(\.id)): \(problem)")
        }
    }

    private mutating func end() async throws {
        guard !live.isEmpty else { return }
        let fault = live[below(live.count)]
        told.append("end \(fault.id)")
        let ended = try await client.end(fault.id).document
        guard ended.state == .reverted else { throw Violation(text: "ended, and is \(ended.state)") }
        close([fault], .request, .lease)
    }

    private mutating func renew() async throws {
        try await expire()
        guard !live.isEmpty else { return }
        let index = below(live.count)
        told.append("renew \(live[index].id) for 2 s")
        _ = try await client.renew(live[index].id, lease: "2s")
        live[index].end = ContinuousClock.now + .seconds(2)
    }

    private mutating func endAll(kind: String) async throws {
        told.append("end all \(kind)")
        var query = HistoryQuery()
        query.kind = kind
        _ = try await client.endAll(query)
        close(live.filter { $0.pool.kind == kind }, .request, .lease)
    }

    private mutating func pass() async throws {
        let time = [100, 500, 1_000][below(3)]
        told.append("\(time) ms pass")
        try await Task.sleep(for: .milliseconds(time))
    }

    /// SIGKILL, at rest or in the middle of a request; systemd starts the daemon again.
    private mutating func kill() async throws {
        let pool = LabPool.all[below(LabPool.all.count)]
        let isBusy = below(2) == 0
        told.append("kill -9" + (isBusy ? " while injecting \(pool.text)" : ""))
        kills += 1
        let client = client
        async let request = isBusy ? try? client.inject(pool.kind, pool.fields) : nil
        if isBusy { try await Task.sleep(for: .milliseconds(below(30))) }
        try await Lab.node("systemctl kill -s KILL faultd")
        _ = await request
        await client.shutdown()
        self.client = FaultClient(socket: try await Lab.socket())
        try await Lab.eventually("faultd is back", within: .seconds(30)) { (try? await self.client.ready().document.ready) == true }
        close(live, .restart, .backstop, .request, .lease)
    }

    private mutating func halt() async throws {
        told.append("halt, and resume")
        _ = try await client.halt(reason: "test")
        do throws(Problem) {
            _ = try await client.inject("network.drop", ["protocol": "tcp", "port": "4431"])
            throw Problem(.internalError, "a fault was granted although the node is halted")
        } catch {
            guard error.type == .halted else { throw Violation(text: "\(error)") }
        }
        _ = try await client.resume()
        close(live, .halt, .lease)
    }

    private mutating func operatorStarts() async throws {
        let unit = LabPool.units[below(LabPool.units.count)]
        told.append("operator starts \(unit)")
        try await Lab.node("systemctl start \(unit)")
        for index in live.indices where live[index].pool.units.contains(unit) { live[index].started.insert(unit) }
    }

    // MARK: the reference

    private mutating func close(_ faults: [Granted], _ causes: EndCause...) {
        let ids = Set(faults.map(\.id))
        live.removeAll { ids.contains($0.id) }
        over += ids.map { ($0, Set(causes)) }
    }

    /// Whatever ends about now is waited for, so that what is left is certain.
    private mutating func expire() async throws {
        while let fault = live.first(where: { $0.end < ContinuousClock.now + .milliseconds(400) }) {
            let ended = try await client.wait(fault.id, for: .reverted, timeout: .seconds(10)).document
            guard ended.state == .reverted, ended.ended_by == .lease else {
                throw Violation(text: "\(fault.id) should have ended with its lease, and is \(ended.state), \(String(describing: ended.ended_by))")
            }
            close([fault], .lease)
        }
    }

    private mutating func check() async throws {
        try await expire()
        let sight = try await LabSight.read()
        var query = HistoryQuery()
        query.states = [.applying, .active, .reverting, .stuck]
        let listed = try await client.faults(query).document.items
        // Something may have ended while the node was read: once more, then.
        if live.contains(where: { $0.end < ContinuousClock.now + .milliseconds(100) }) { return try await check() }
        let wanted = Dictionary(uniqueKeysWithValues: live.filter(\.pool.hasPackets).map { ($0.id, rules[$0.pool.text] ?? 0) })
        guard sight.rules == wanted else { throw Violation(text: "rules by fault: \(sight.rules), not \(wanted)") }
        let down = live.reduce(into: Set<String>()) { $0.formUnion(Set($1.pool.units).subtracting($1.started)) }
        guard sight.unitsDown == down else { throw Violation(text: "units down: \(sight.unitsDown.sorted()), not \(down.sorted())") }
        let isBatchDown = live.contains { $0.pool.staysDead }
        guard sight.isBatchDown == isBatchDown else { throw Violation(text: "batch is \(sight.isBatchDown ? "down" : "up")") }
        guard Set(listed.map(\.id)) == Set(live.map(\.id)) else { throw Violation(text: "alive: \(listed.map(\.id)), not \(live.map(\.id))") }
    }

    private mutating func finish() async throws {
        told.append("end all")
        _ = try await client.endAll()
        close(live, .request, .lease)
        try await check()
        for (id, causes) in over {
            let fault = try await client.fault(id).document
            guard fault.state == .reverted, fault.ended_by.map(causes.contains) == true else {
                throw Violation(
                    text: "\(id) is \(fault.state), ended by \(fault.ended_by?.rawValue ?? "nobody"), not \(causes.map(\.rawValue).sorted())")
            }
        }
        let verified = try await client.verify().document
        guard verified.clean, verified.accounted.isEmpty else { throw Violation(text: "left over: \(verified)") }
    }
}

/// The node, read from inside by the tools that a person would use.
private struct LabSight {
    var rules: [FaultID: Int] = [:]
    var unitsDown: Set<String> = []
    var isBatchDown = false

    static func read() async throws -> LabSight {
        let units = LabPool.units.joined(separator: " ")
        let output = try await Lab.node(
            "iptables-legacy-save -t filter; ip6tables-legacy-save -t filter; echo '# units'; systemctl is-active \(units); "
                + "echo '# batch'; docker inspect -f '{{.State.Running}}' batch"
        ).text
        var sight = LabSight()
        for line in output.split(separator: "\n") {
            guard line.hasPrefix("-A"), let start = line.range(of: FaultID.markPrefix) else { continue }
            if let id = FaultID(String(line[start.upperBound...].prefix(26))) { sight.rules[id, default: 0] += 1 }
        }
        let parts = output.split(separator: "# units\n").last?.split(separator: "# batch\n") ?? []
        try #require(parts.count == 2, "\(output)")
        let states = parts[0].split(separator: "\n")
        sight.unitsDown = Set(zip(LabPool.units, states).filter { $0.1 != "active" }.map(\.0))
        sight.isBatchDown = parts[1].hasPrefix("false")
        return sight
    }
}
