// What the node has left, and who holds a port: asked before a fault is planned.
import FaultModel
import Glibc

extension Workers {
    func resources() async throws(Problem) -> NodeResources {
        try await thread.run { () throws(Problem) in
            let memory = Self.table("/proc/meminfo")
            guard let total = memory["MemTotal"], let available = memory["MemAvailable"] else {
                throw Problem(.hostFailure, "/proc/meminfo does not tell how much memory is left")
            }
            let files = Self.numbers("/proc/sys/fs/file-nr")
            return NodeResources(
                cpus: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), memoryTotal: Int64(total) << 10, memoryAvailable: Int64(available) << 10,
                tasksLeft: Self.tasksLeft, filesLeft: files.count == 3 ? files[2] - files[0] : 0,
                filesPerProcess: Self.numbers("/proc/sys/fs/nr_open").first ?? 0)
        }
    }

    /// The lower of two limits of the kernel, less all there are: the fourth word of proc_loadavg(5) ends with their number.
    private static var tasksLeft: Int {
        let limits = ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"].compactMap { numbers($0).first }
        let words = (SmallFile.read("/proc/loadavg") ?? "").split(separator: " ")
        let used = words.count > 3 ? words[3].split(separator: "/").last.flatMap { Int($0) } ?? 0 : 0
        return max(0, (limits.min() ?? 0) - used)
    }

    private static func numbers(_ path: String) -> [Int] {
        (SmallFile.read(path) ?? "").split(whereSeparator: \.isWhitespace).map { Int(clamping: UInt64($0) ?? 0) }
    }

    /// Lines such as `MemTotal:  16384256 kB`.
    private static func table(_ path: String) -> [String: Int] {
        var found: [String: Int] = [:]
        for line in (SmallFile.read(path) ?? "").split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            if words.count > 1, let number = Int(words[1]) { found[String(words[0])] = number }
        }
        return found
    }

    /// By /proc/net/{tcp,udp} and their IPv6 kin: lines with the own address and port as `0100007F:1F90`, the state, and the inode.
    func holders(of port: PortNumber) async throws(Problem) -> [PortHolder] {
        try await thread.run { () throws(Problem) in
            var sockets: [(address: CIDR?, inode: UInt32)] = []
            for name in [port.transport.rawValue, port.transport.rawValue + "6"] {
                for line in (SmallFile.read("/proc/net/\(name)") ?? "").split(separator: "\n").dropFirst() {
                    if let socket = Self.socket(line, port) { sockets.append(socket) }
                }
            }
            guard !sockets.isEmpty else { return [] }
            let wanted = Set(sockets.map(\.inode))
            var owners: [UInt32: Int32] = [:]
            for pid in try ProcessTable.all() where owners.count < wanted.count {
                for inode in try ProcessTable.sockets(of: pid) where wanted.contains(inode) { owners[inode] = pid }
            }
            return sockets.map { socket in
                let pid = owners[socket.inode]
                return PortHolder(address: socket.address, pid: pid, process: pid.flatMap { ProcessTable.name(of: $0) }.map(String.init))
            }
        }
    }

    /// A TCP socket that listens (state 0A) or a UDP one with this port.
    private static func socket(_ line: Substring, _ port: PortNumber) -> (address: CIDR?, inode: UInt32)? {
        let words = line.split(separator: " ")
        guard words.count > 9, port.transport == .udp || words[3] == "0A", let inode = UInt32(words[9]) else { return nil }
        let own = words[1].split(separator: ":")
        guard own.count == 2, UInt16(own[1], radix: 16) == port.port else { return nil }
        return (address(own[0]), inode)
    }

    /// Words of four bytes, each in the machine's own order. Nil is every address.
    private static func address(_ text: Substring) -> CIDR? {
        var bytes: [UInt8] = []
        var rest = text
        while rest.count >= 8 {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: word) { Array($0) }
            rest = rest.dropFirst(8)
        }
        if bytes.allSatisfy({ $0 == 0 }) { return nil }
        let isMapped = bytes.count == 16 && bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        if isMapped { bytes = Array(bytes.suffix(4)) }
        return CIDR(family: bytes.count == 4 ? .ipv4 : .ipv6, bytes: bytes, prefix: bytes.count * 8)
    }
}
