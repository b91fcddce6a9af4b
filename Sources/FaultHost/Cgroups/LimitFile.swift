// One value in one file of a control group (cgroups(7); v2: cgroup-v2.rst, v1: cgroup-v1/*.rst of the kernel's documentation).
import CLinux
import FaultModel

extension CgroupUndo.Setting {
    /// What "no limit" is called, in each of the files.
    private static let unlimited: Set<String> = ["max", "-1", ""]

    /// As it is now; nil when the group is gone, or is another of the same name.
    func current() -> String? {
        guard Self.inode(of: folder) == inode, let text = SmallFile.read("\(folder)/\(file)") else { return nil }
        guard let device else { return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "" }
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(device) ") }
        let words = line?.split(separator: " ").dropFirst() ?? []
        guard let key else { return words.first.map(String.init) ?? "0" }
        return words.first { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) } ?? "max"
    }

    func write(_ value: String) throws(Problem) {
        let text = [device, key.map { "\($0)=\(value)" } ?? value].compactMap { $0 }.joined(separator: " ")
        try SmallFile.write(text, to: "\(folder)/\(file)")
    }

    /// Whether it was no looser before than we would make it.
    var isTightAlready: Bool {
        guard !Self.unlimited.contains(before), let old = Int64(before), let new = Int64(ours), !(device != nil && key == nil && old == 0) else {
            return false
        }
        return old <= new
    }

    static func inode(of folder: String) -> UInt64? {
        var identity = faultd_file_identity()
        return faultd_identify(folder, &identity) == 0 ? identity.inode : nil
    }
}

/// Where a limit goes, on v2 and on v1.
struct LimitPlace {
    var file: String
    var key: String?

    /// v2's first: where both are mounted, that of the hierarchy that has the controller is there.
    static func all(_ resource: CgroupLimit.Resource) -> [LimitPlace] { [of(resource, on: .unified), of(resource, on: .separate)] }

    static func of(_ resource: CgroupLimit.Resource, on version: Cgroups) -> LimitPlace {
        let isUnified = version == .unified
        return switch resource {
        case .cpu: .init(file: isUnified ? "cpu.max" : "cpu.cfs_quota_us")
        case .memory: .init(file: isUnified ? "memory.max" : "memory.limit_in_bytes")
        case .pids: .init(file: "pids.max")
        case .read: isUnified ? .init(file: "io.max", key: "rbps") : .init(file: "blkio.throttle.read_bps_device")
        case .write: isUnified ? .init(file: "io.max", key: "wbps") : .init(file: "blkio.throttle.write_bps_device")
        case .readOperations: isUnified ? .init(file: "io.max", key: "riops") : .init(file: "blkio.throttle.read_iops_device")
        case .writeOperations: isUnified ? .init(file: "io.max", key: "wiops") : .init(file: "blkio.throttle.write_iops_device")
        }
    }

    /// The value as the kernel will show it.
    func value(_ limit: CgroupLimit, in folder: String) -> Int64 {
        switch limit.resource {
        case .cpu: limit.value * period(in: folder) / 1000
        // Whole pages.
        case .memory: limit.value / 4096 * 4096
        case .pids, .read, .write, .readOperations, .writeOperations: limit.value
        }
    }

    private func period(in folder: String) -> Int64 {
        let words = (SmallFile.read("\(folder)/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
        return words.count > 1 ? Int64(words[1]) ?? 100_000 : SmallFile.line("\(folder)/cpu.cfs_period_us").flatMap { Int64($0) } ?? 100_000
    }
}
