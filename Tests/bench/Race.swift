// Ways to do the same thing, taken in turns, so that whatever disturbs the machine disturbs all of them.

/// One way to do something and to take it back.
protocol Contender {
    var name: String { get }
    /// What must be so before, and is not timed.
    func prepare(_ number: Int) throws
    func put(_ number: Int) throws
    func take(_ number: Int) throws
}

extension Contender {
    func prepare(_ number: Int) throws {}
}

/// Which one, and in which network namespace.
struct Lane {
    let contender: any Contender
    var place = Place.home
}

struct Race {
    private(set) var put: [Samples]
    private(set) var take: [Samples]

    /// Each round asks all of them, another one first each time; the first round is not counted.
    ///
    /// - Parameter settle: milliseconds before each: what the one before has left to do, in the kernel or a daemon, is not for the next to wait for.
    init(_ lanes: [Lane], rounds: Int, settle: Double = 5) throws {
        put = lanes.map { _ in Samples() }
        take = put
        for round in 0...rounds {
            for turn in lanes.indices {
                let index = (turn + round) % lanes.count
                Clock.sleep(milliseconds: settle)
                let (forth, back) = try lanes[index].place.within { try Self.run(lanes[index].contender, round) }
                if round == 0 { continue }
                put[index].add(forth)
                take[index].add(back)
            }
        }
    }

    private static func run(_ contender: any Contender, _ number: Int) throws -> (Double, Double) {
        do {
            try contender.prepare(number)
            return (try Clock.time { try contender.put(number) }, try Clock.time { try contender.take(number) })
        } catch { throw Failure("\(contender.name): \(error)") }
    }
}

/// faultd, asked over one connection that stays open.
final class FaultContender: Contender {
    let name: String
    private let wire: Wire
    private let body: (Int) -> String
    private var id = ""

    init(_ daemon: Daemon, _ name: String, _ body: @escaping (Int) -> String) throws {
        (self.name, self.body) = (name, body)
        wire = try daemon.connect()
    }

    func put(_ number: Int) throws {
        let answer = try wire.call("POST", "/v1/faults", body(number)).require(201, "POST")
        guard let id = answer.id else { throw Failure("an answer without an id: \(answer.text.prefix(200))") }
        self.id = id
    }

    func take(_ number: Int) throws {
        let answer = try wire.call("DELETE", "/v1/faults/\(id)").require(200, "DELETE")
        if !answer.text.contains("\"reverted\"") { throw Failure("DELETE answered: \(answer.text.prefix(400))") }
    }
}

/// Programs, one after the other.
struct ForkContender: Contender {
    typealias Line = (tool: Tool, arguments: [String])
    let name: String
    let forth: (Int) -> [Line]
    let back: (Int) -> [Line]

    func put(_ number: Int) throws { for line in forth(number) { try line.tool.run(line.arguments) } }
    func take(_ number: Int) throws { for line in back(number) { try line.tool.run(line.arguments) } }
}

/// What all of them put in force: TCP to one port is dropped.
enum Drop {
    static func port(_ number: Int) -> Int { 1024 + number % 60000 }

    static func body(_ number: Int, lease: String = "1h") -> String {
        #"{"kind":"network.drop","spec":{"protocol":"tcp","ports":[\#(port(number))]},"lease":"\#(lease)"}"#
    }

    /// `iptables -w -A OUTPUT -p tcp --dport N -j DROP`
    static func rule(_ verb: String, _ number: Int) -> [String] { ["-w", verb, "OUTPUT", "-p", "tcp", "--dport", "\(port(number))", "-j", "DROP"] }
}
