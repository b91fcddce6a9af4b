// stress.memory: memory is taken and held.
public import FaultModel

/// Takes memory, writes to all of it and holds it.
public struct StressMemory: FaultKind {
    public struct Parameters: Sendable {
        var size: MemorySize?
        var percent: Double?
        var place: Placement
    }

    public init() {}

    private static let size = Field<MemorySize>("size", "Memory to take, such as 512M or 2G. Either this or percent.")
    private static let percent = Field<Double>(
        "percent", "Percent of what the node has available now (MemAvailable). Either this or size.",
        check: { $0 > 0 && $0 <= 100 ? nil : "must be above 0 and at most 100" })
    private static let smallest: Int64 = 4 << 20

    public let name = "stress.memory"
    public let summary = "Take memory and hold it"
    public let details = """
        One stress-ng worker takes the memory, writes to every page of it once and holds it, beside everything else or inside a slice, unit or \
        container whose limits then count. It is refused if it would leave the node too little, and is the first to be killed if memory runs out \
        all the same.
        """
    public var manual: KindManual {
        .workers(
            touches: "Memory: one stress-ng that has written to every page it takes.",
            next: """
                The kernel drops caches and may swap. Where a limit is reached it kills a process of that control group, the worker first: the \
                fault then tells drift, and has no effect from there on. A kubelet may evict pods when MemAvailable falls below its threshold.
                """)
    }
    public let requires: [Capability] = [.systemd, .stressNG]
    public var fields: [FieldDescription] { [Self.size.description, Self.percent.description] + Placement.fields }
    public var examples: [KindExample] {
        [
            KindExample("Half a gigabyte", ["size": "512M"]),
            KindExample("Half of what is available", ["percent": "50"]),
            KindExample("Inside a service's own limits", ["size": "64M", "unit": "nginx.service"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let before = reader.errors.count
        let parameters = Parameters(size: reader.read(Self.size), percent: reader.read(Self.percent), place: Placement.read(&reader))
        if reader.errors.count == before, (parameters.size == nil) == (parameters.percent == nil) {
            reader.refuse("size", parameters.size == nil ? "or percent is required" : "can't be given together with percent")
        }
        return parameters
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.place.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let memory = try node.known()
        let wanted = parameters.size?.bytes ?? Int64(Double(memory.memoryAvailable) * (parameters.percent ?? 0) / 100)
        let size = max(Self.smallest, (wanted >> 20) << 20)
        let most = max(0, memory.memoryAvailable - Rest.memory(of: memory.memoryTotal))
        guard size <= most else {
            let field = parameters.size == nil ? "percent" : "size"
            throw Problem(
                .impossible,
                "\(size >> 20) MiB would leave the node too little: \(memory.memoryAvailable >> 20) MiB are available, and "
                    + "\(Rest.memory(of: memory.memoryTotal) >> 20) MiB stay free",
                hint: "take at most \(most >> 20)M", errors: [.init("spec.\(field)", "must come to at most \(most >> 20) MiB now")])
        }
        // Held without computing; killed for want of memory, it is not started again.
        let worker = Worker(
            .stressNG,
            ["--vm", "1", "--vm-bytes", String(size), "--vm-keep", "--vm-hang", "0", "--vm-method", "zero-one", "--oomable"],
            summary: "\(size >> 20) MiB of memory held")
        return try parameters.place.plan(worker, on: node)
    }
}
