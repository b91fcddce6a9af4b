// Kinds that run workers: what they ask for, and what they leave to the node.
import FaultModel
import Testing

@testable import FaultKinds

@Suite struct StressTests {
    private func node() -> NodeView {
        var node = NodeView()
        node.resources = NodeResources(
            cpus: 2, memoryTotal: 4 << 30, memoryAvailable: 1 << 30, tasksLeft: 1000, filesLeft: 10_000, filesPerProcess: 1_048_576)
        node.units = [Unit(name: "web.service", activeState: "active"), Unit(name: "idle.service", activeState: "inactive")]
        node.containers = [
            Container(runtime: .docker, id: "abcd1234", name: "web", image: "x", state: "running"),
            Container(runtime: .docker, id: "abcd5678", name: "old", image: "x", state: "running"),
        ]
        return node
    }

    private func worker(_ kind: any FaultKind, _ fields: KeyValuePairs<String, String>, _ node: NodeView? = nil) throws(Problem) -> Worker {
        let plan = try kind.bind(FormBody.object(fields.map { ($0.key, $0.value) }), lenient: true).plan(node ?? self.node())
        guard case .workers(let change)? = plan.changes.first, let worker = change.workers.first else { throw Problem(.internalError, "no worker") }
        return worker
    }

    private func refusal(_ kind: any FaultKind, _ fields: KeyValuePairs<String, String>, _ node: NodeView? = nil) -> Problem? {
        do {
            _ = try worker(kind, fields, node)
            return nil
        } catch { return error }
    }

    @Test func sizesAreOfUnitsOf1024() throws {
        for (text, bytes) in [("1", 1), ("4K", 4096), ("64MiB", 64 << 20), ("2gb", 2 << 30), ("1T", 1 << 40)] as [(String, Int64)] {
            #expect(try MemorySize(spec: .string(text), lenient: true).bytes == bytes)
        }
        for text in ["", "0", "-1", "M", "1X", "1.5G", "99999999999T"] {
            #expect(throws: ValueError.self, "\(text)") { try MemorySize(spec: .string(text), lenient: true) }
        }
    }

    @Test func memoryIsAShareOfWhatIsAvailableAndNeverTheRest() throws {
        #expect(try worker(StressMemory(), ["percent": "50"]).arguments.contains(String(512 << 20)))
        // A twentieth of 4 GiB stays free: 1024 - 204 MiB.
        #expect(try worker(StressMemory(), ["size": "819M"]).arguments.contains(String(819 << 20)))
        #expect(refusal(StressMemory(), ["size": "820M"])?.type == .impossible)
        #expect(refusal(StressMemory(), ["percent": "90"])?.errors?.first?.field == "spec.percent")
        #expect(refusal(StressMemory(), [:])?.errors?.first?.message == "or percent is required")
        #expect(refusal(StressMemory(), ["size": "1M", "percent": "1"])?.type == .invalidField)
    }

    @Test func tasksFilesAndWorkersHaveAMostAndLeaveARest() throws {
        #expect(try worker(StressPids(), ["count": "488"]).tasksMax == 488 + 64)
        #expect(refusal(StressPids(), ["count": "489"])?.type == .impossible)
        #expect(try worker(StressFiles(), ["count": "5904"]).filesMax == 5904 + 64)
        #expect(refusal(StressFiles(), ["count": "5905"])?.type == .impossible)
        #expect(try worker(StressCPU(), ["workers": "8"]).arguments == ["--cpu", "8", "--cpu-load", "100"])
        #expect(refusal(StressCPU(), ["workers": "9"])?.errors?.first?.field == "spec.workers")
        #expect(refusal(StressCPU(), ["load": "0"])?.type == .invalidField)
        #expect(refusal(StressIO(), ["directory": "var"])?.type == .invalidField)
        #expect(refusal(StressIO(), ["directory": "/var/../etc"])?.type == .invalidField)
    }

    @Test func aPlaceIsOneThatRuns() throws {
        #expect(try worker(StressCPU(), ["unit": "web"]).place == .unit("web.service"))
        guard case .container(let pin)? = try worker(StressCPU(), ["container": "abcd5"]).place else {
            Issue.record("not in the container")
            return
        }
        #expect(pin.name == "old")
        #expect(refusal(StressCPU(), ["container": "abcd"])?.detail == "2 running containers are called \"abcd\"")
        #expect(refusal(StressCPU(), ["container": "we"])?.type == .noMatch)
        #expect(refusal(StressCPU(), ["unit": "idle"])?.type == .noMatch)
        #expect(refusal(StressCPU(), ["unit": "gone"])?.type == .noSuchUnit)
        #expect(refusal(StressCPU(), ["slice": "web.service"])?.type == .invalidField)
        #expect(refusal(StressCPU(), ["unit": "web", "container": "web"])?.type == .invalidField)
    }

    /// The unit in whose group load is made counts as one that is changed, and nobody stops it meanwhile.
    @Test func theUnitIsProtectedAndClaimed() throws {
        let plan = try StressCPU().bind(["unit": "web"], lenient: false).plan(node())
        #expect(plan.units == ["web.service"])
        #expect(plan.claims == [.unit("web.service", shared: true)])
    }

    @Test func aPortIsFreeAndNotProtected() throws {
        var node = node()
        node.protection.controlPorts = [PortRange(9000, 9000)]
        node.lifelines.sshPorts = [2222]
        node.portHolders = [PortHolder(address: CIDR(text: "127.0.0.1"), pid: 7, process: "nginx")]
        let kind = NetworkPortOccupy()
        for port in ["2222", "9000"] { #expect(refusal(kind, ["port": port], node)?.type == .protectedTarget) }
        let taken = refusal(kind, ["port": "80"], node)
        #expect(taken?.detail == "tcp port 80 is in use already: process 7 (nginx) has it")
        #expect(refusal(kind, ["port": "80", "address": "127.0.0.1"], node)?.type == .impossible)
        #expect(refusal(kind, ["port": "80", "address": "10.0.0.0/8"], node)?.type == .invalidField)
        #expect(
            try worker(kind, ["port": "80", "address": "127.0.0.2", "behaviour": "reset"], node).arguments
                == ["occupy", "tcp", "80", "reset", "--address", "127.0.0.2"])
    }
}
