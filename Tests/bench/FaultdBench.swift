// The bench's command line: measures on the node it runs on, so it runs on a lab node (Tests/bench/run).
import ArgumentParser
import FaultModel
import Glibc

@main
struct FaultdBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faultd-bench", abstract: "Measures faultd against what a person would do instead, and against the bare mechanism.",
        discussion: "Run it as Tests/bench/run: it starts daemons and changes packet rules, units and containers of the node it is on.",
        subcommands: [Measure.self, Check.self, BareServer.self], defaultSubcommand: Measure.self)
}

struct Setting: ParsableArguments {
    @Option(help: "The daemon to measure.") var faultd = "/usr/bin/faultd"
    @Option(help: "Where journals are, on a real disk.") var folder = "/var/lib/faultd-bench"
    @Option(help: "release or debug: which of the stored results these compare with.") var build = "release"
    @Option(help: "The commit that is measured.") var commit = ""

    func bench(_ effort: Effort) -> Bench { Bench(faultd: faultd, folder: folder, effort: effort) }

    /// What the numbers depend on.
    var json: [JSONValue.Member] {
        var names = utsname()
        uname(&names)
        let kernel = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let model = (try? File.read("/proc/cpuinfo"))?.split(separator: "\n").first { $0.hasPrefix("model name") }
        let processor = model.map { $0.drop { $0 != ":" }.dropFirst(2) }.map(String.init) ?? ""
        return [
            .init("build", .string(build)), .init("commit", .string(commit)), .init("kernel", .string(kernel)),
            .init("processor", .string(processor)), .init("cores", .int(Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))),
        ]
    }
}

/// Measures all rows, or those that are named.
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the table and write the JSON file.")

    @OptionGroup var setting: Setting
    @Option(help: "The JSON file to write.") var json: String?
    @Option(help: "A file for the table as well.") var table: String?
    @Flag(help: "Only what the check does, as often as it does.") var short = false
    @Argument(help: "Only rows whose name begins so.") var only: [String] = []

    func run() throws {
        let rows = Row.named(only).filter { $0.isInCheck || !short }
        let lines = rows.flatMap { $0.lines(setting.bench(short ? .short : .full)) }
        let result = Table(lines: lines)
        print(result.text)
        if let table { try File.write(table, result.text) }
        if let json { try File.write(json, result.json(about: setting.json).text(pretty: true) + "\n") }
    }
}

extension Row {
    /// A row that fails is told in the table; the others are measured all the same.
    func lines(_ bench: Bench) -> [Line] {
        let start = Clock.now()
        defer { complain("bench: \(name) took \((Clock.milliseconds(since: start) / 1000).short) s") }
        do { return try measure(bench) } catch {
            complain("bench: \(name): \(error)")
            return [Line(name, failed: "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ").prefix(160).description)]
        }
    }
}

/// On standard error, which is not buffered.
func complain(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(2, line, line.count)
}
