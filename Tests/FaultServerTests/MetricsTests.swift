// /metrics as Prometheus reads it.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@testable import FaultServer

@Suite struct MetricsPageTests {
    private func page(_ server: LiveServer) async throws -> PrometheusPage { try PrometheusPage(await server.get("/metrics").text) }

    @Test func everyMetricIsThereFromTheBeginning() async throws {
        try await LiveServer.with { server in
            let answer = try await server.get("/metrics")
            #expect(answer.status == 200 && answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let page = try PrometheusPage(answer.text)
            let kinds: ListDocument<KindDocument> = try await server.get("/v1/kinds").decoded()
            #expect(
                page.types == [
                    "faultd_build_info": "gauge", "faultd_faults": "gauge", "faultd_faults_ended_total": "counter", "faultd_stuck_faults": "gauge",
                    "faultd_drift_faults": "gauge", "faultd_halted": "gauge", "faultd_lease_lateness_seconds": "histogram",
                    "faultd_apply_seconds": "histogram", "faultd_revert_seconds": "histogram", "faultd_journal_write_failures_total": "counter",
                    "faultd_journal_pending": "gauge", "faultd_orphans_removed_total": "counter",
                ])
            #expect(page.value("faultd_build_info", ["version": "test"]) == 1)
            #expect(page.value("faultd_faults", ["kind": "unit.stop", "state": "stuck"]) == 0)
            #expect(page.samples.count { $0.name == "faultd_faults" } == kinds.items.count * 4)
        }
    }

    @Test func itFollowsWhatHappens() async throws {
        let bench = Bench()
        try await LiveServer.with(bench) { server in
            let drop = try await bench.inject("network.drop", ["port": "443"])
            try await bench.inject("unit.stop", ["unit": "nginx"])
            var now = try await page(server)
            #expect(now.value("faultd_faults", ["kind": "network.drop", "state": "active"]) == 1)
            #expect(now.value("faultd_apply_seconds_count") == 2)
            _ = try await bench.controller.end(drop.id, by: Bench.caller)
            bench.host.breakVerb("revert units")
            _ = try await server.post("/v1/halt", form: "reason=x")
            now = try await page(server)
            #expect(now.value("faultd_faults", ["kind": "network.drop", "state": "active"]) == 0)
            #expect(now.value("faultd_faults", ["kind": "unit.stop", "state": "stuck"]) == 1)
            #expect(now.value("faultd_stuck_faults") == 1 && now.value("faultd_halted") == 1)
            #expect(now.value("faultd_faults_ended_total", ["kind": "network.drop", "ended_by": "request"]) == 1)
            #expect(now.value("faultd_revert_seconds_count") == 1 && now.value("faultd_lease_lateness_seconds_count") == 0)
        }
    }

    @Test func labelsAndHelpsAreEscaped() throws {
        var page = MetricPage()
        page.gauge("m", "a \\ and\na line", [("l", "quote \" slash \\ line\nend"), ("k", "")], -2)
        #expect(page.text == "# HELP m a \\\\ and\\na line\n# TYPE m gauge\nm{l=\"quote \\\" slash \\\\ line\\nend\",k=\"\"} -2\n")
        #expect(try PrometheusPage(page.text).value("m", ["l": "quote \" slash \\ line\nend", "k": ""]) == -2)
    }

    /// A reader that takes anything would prove nothing.
    @Test(arguments: [
        "m 1\n", "# HELP m x\n# TYPE m gauge\nm 1", "# TYPE m gauge\nm 1\n", "# HELP m x\n# TYPE m gauge\nm{l=\"a\"b\"} 1\n",
        "# HELP m x\n# TYPE m counter\nm 1\n", "# HELP m x\n# TYPE m gauge\nm 1\nm 1\n", "# HELP m x\n# TYPE m gauge\nm one\n",
        "# HELP m x\n# TYPE m histogram\nm_bucket{le=\"1\"} 2\nm_bucket{le=\"+Inf\"} 1\nm_sum 1\nm_count 1\n",
        "# HELP m x\n# TYPE m histogram\nm_bucket{le=\"1\"} 1\nm_sum 1\nm_count 1\n", "# HELP m x\n# TYPE m gauge\nn 1\n", "\n",
    ])
    func theReaderIsStrict(text: String) { #expect(throws: PrometheusPage.Failure.self) { try PrometheusPage(text) } }
}
