// The limits as fields: systemd's names in lower case.
import FaultModel

enum UnitLimitFields {
    private static let cpuQuota = Field<CPUShare>("cpu_quota", "CPUQuota=: share of one CPU, such as 20%; more than 100% is more than one CPU.")
    private static let memoryMax = Field<ByteSize>("memory_max", "MemoryMax=: above it the kernel kills (OOM).", check: notNothing)
    private static let memoryHigh = Field<ByteSize>(
        "memory_high", "MemoryHigh=: above it the unit is throttled. Needs cgroup v2.", check: notNothing)
    private static let notNothing: @Sendable (ByteSize) -> String? = { $0.bytes > 0 ? nil : "must be at least 1 byte" }
    private static let tasksMax = Field<Int>("tasks_max", "TasksMax=: processes and threads.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let rates: [(UnitLimit.Property, Field<[DeviceRate]>)] = [
        (.ioReadBandwidthMax, rate("io_read_bandwidth_max", "IOReadBandwidthMax=", "bytes")),
        (.ioWriteBandwidthMax, rate("io_write_bandwidth_max", "IOWriteBandwidthMax=", "bytes")),
        (.ioReadIOPSMax, rate("io_read_iops_max", "IOReadIOPSMax=", "operations")),
        (.ioWriteIOPSMax, rate("io_write_iops_max", "IOWriteIOPSMax=", "operations")),
    ]

    private static func rate(_ name: String, _ property: String, _ what: String) -> Field<[DeviceRate]> {
        Field(
            name, "\(property): a device, or a path on it, and \(what) a second: /var/lib/docker 1M.",
            check: { $0.isEmpty ? "must name at least one device" : nil })
    }

    static var all: [FieldDescription] {
        [cpuQuota.description, memoryMax.description, memoryHigh.description, tasksMax.description] + rates.map(\.1.description)
    }

    static func read(_ reader: inout SpecReader) -> [UnitLimit] {
        var limits: [UnitLimit] = []
        if let share = reader.read(cpuQuota) { limits.append(UnitLimit(.cpuQuota, share.hundredths)) }
        if let size = reader.read(memoryMax) { limits.append(UnitLimit(.memoryMax, size.bytes)) }
        if let size = reader.read(memoryHigh) { limits.append(UnitLimit(.memoryHigh, size.bytes)) }
        if let count = reader.read(tasksMax) { limits.append(UnitLimit(.tasksMax, Int64(count))) }
        for (property, field) in rates { limits += (reader.read(field) ?? []).map { UnitLimit(property, $0.rate, path: $0.path) } }
        if limits.isEmpty, reader.errors.isEmpty {
            reader.refuse("cpu_quota", "or another limit is required: \(all.map(\.name).joined(separator: ", "))")
        }
        return limits
    }
}
