// stress.cpu: processors are busy.
public import FaultModel

/// Keeps processors busy, for a share of the time.
public struct StressCPU: FaultKind {
    public struct Parameters: Sendable {
        var workers: Int
        var load: Int
        var place: Placement
    }

    public init() {}

    private static let workers = Field<Int>(
        "workers", default: 1, "Processes that compute; each can fill one CPU.", check: { (1...1024).contains($0) ? nil : "must be 1 to 1024" })
    private static let load = Field<Int>(
        "load", default: 100, "Percent of one CPU that each of them takes.", check: { (1...100).contains($0) ? nil : "must be 1 to 100" })
    /// For each CPU: more would only make the run queue longer.
    private static let mostPerCPU = 4

    public let name = "stress.cpu"
    public let summary = "Keep CPUs busy"
    public let details = """
        Runs stress-ng's CPU workers in a transient unit, each for a share of the time, beside everything else or inside a slice, unit or container \
        whose limits then count. Other processes get their share as the kernel's scheduler has it.
        """
    public var manual: KindManual {
        .workers(
            touches: "Processor time, and nothing else: one stress-ng with a process for each worker.",
            next: """
                Latency of what shares the CPUs grows; a unit or container with a CPU quota is throttled. A cluster's autoscaler that goes by CPU \
                may add replicas.
                """)
    }
    public let requires: [Capability] = [.systemd, .stressNG]
    public var fields: [FieldDescription] { [Self.workers.description, Self.load.description] + Placement.fields }
    public var examples: [KindExample] {
        [
            KindExample("One CPU, for a third of the time", ["workers": "1", "load": "33"]),
            KindExample("Two CPUs' worth inside a service's own limits", ["workers": "2", "unit": "nginx.service"]),
            KindExample("Inside a container's limits", ["container": "web"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(workers: reader.read(Self.workers) ?? 1, load: reader.read(Self.load) ?? 100, place: Placement.read(&reader))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.place.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (workers, load, cpus) = (parameters.workers, parameters.load, try node.known().cpus)
        guard workers <= cpus * Self.mostPerCPU else {
            throw Problem(
                .impossible, "\(workers) workers are too many for \(cpus) CPUs", hint: "take at most \(cpus * Self.mostPerCPU)",
                errors: [.init("spec.workers", "must be at most \(cpus * Self.mostPerCPU) on this node")])
        }
        let worker = Worker(
            .stressNG, ["--cpu", String(workers), "--cpu-load", String(load)],
            summary: "\(workers) CPU \(workers == 1 ? "worker" : "workers") at \(load) %")
        return try parameters.place.plan(worker, on: node)
    }
}
