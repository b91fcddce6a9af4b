// The engine's counters in Prometheus' text format, version 0.0.4.
import FaultEngine
import FaultModel

enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func page(_ now: MetricsSnapshot) -> String {
        var page = MetricPage()
        page.gauge("faultd_build_info", "The version of faultd; always 1.", [("version", now.version)], 1)
        faults(now, &page)
        page.gauge("faultd_stuck_faults", "Faults that could not be undone yet and are tried again and again.", [], now.stuck)
        page.gauge("faultd_drift_faults", "Faults that are in force and of which something is not as they left it.", [], now.drifting)
        page.gauge("faultd_halted", "1 while the node is halted and takes no faults.", [], now.isHalted ? 1 : 0)
        let counters = now.counters
        page.histogram("faultd_lease_lateness_seconds", "How long after its lease's end a fault was undone.", counters.lateness)
        page.histogram("faultd_apply_seconds", "How long it took to put a fault in force.", counters.apply)
        page.histogram("faultd_revert_seconds", "How long it took to undo a fault.", counters.revert)
        page.counter("faultd_journal_write_failures_total", "Writes to the journal that failed.", counters.journalWriteFailures)
        page.gauge("faultd_journal_pending", "Entries that are not in the journal yet.", [], now.journalPending)
        page.counter("faultd_orphans_removed_total", "Things of faultd's that no fault accounted for and that were removed.", counters.orphansRemoved)
        return page.text
    }

    private static func faults(_ now: MetricsSnapshot, _ page: inout MetricPage) {
        page.head("faultd_faults", "Faults that are not over.", "gauge")
        for (key, count) in now.faults.sorted(by: { ($0.key.kind, $0.key.state.rawValue) < ($1.key.kind, $1.key.state.rawValue) }) {
            page.sample("faultd_faults", [("kind", key.kind), ("state", key.state.rawValue)], "\(count)")
        }
        page.head("faultd_faults_ended_total", "Faults that are over, by what ended them.", "counter")
        for (key, count) in now.counters.ended.sorted(by: { ($0.key.kind, $0.key.cause.rawValue) < ($1.key.kind, $1.key.cause.rawValue) }) {
            page.sample("faultd_faults_ended_total", [("kind", key.kind), ("ended_by", key.cause.rawValue)], "\(count)")
        }
    }
}

/// Lines of the format: each metric's HELP and TYPE, then its samples.
struct MetricPage {
    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ labels: [(String, String)], _ value: Int) {
        head(name, help, "gauge")
        sample(name, labels, "\(value)")
    }

    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        head(name, help, "counter")
        sample(name, [], "\(value)")
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        head(name, help, "histogram")
        for (bound, count) in zip(histogram.bounds, histogram.cumulative) { sample(name + "_bucket", [("le", "\(bound)")], "\(count)") }
        sample(name + "_bucket", [("le", "+Inf")], "\(histogram.count)")
        sample(name + "_sum", [], "\(histogram.sum)")
        sample(name + "_count", [], "\(histogram.count)")
    }

    mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1).replacing("\"", with: "\\\""))\"" }.joined(separator: ",")
        text += name + (list.isEmpty ? "" : "{\(list)}") + " \(value)\n"
    }

    /// A backslash and the end of a line; the quote is special only in a label's value.
    private static func escaped(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n") }
}
