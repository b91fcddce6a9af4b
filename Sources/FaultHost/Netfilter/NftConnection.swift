// libnftables in this process: commands in, JSON out.
import CLinux
import CNftables
import FaultModel
import Glibc

/// One netlink connection to the network namespace of the thread that first uses it. For one thread at a time.
final class NftConnection: @unchecked Sendable {
    /// Commands, and questions that are answered in JSON. Kept open: the kernel lets whoever closes one wait until it has cleaned up after it.
    private var writer: OpaquePointer?
    private var reader: OpaquePointer?
    /// Of the library; empty until something was listed.
    private(set) var version = ""

    deinit { close() }

    /// Does all commands, one a line, or none of them.
    func run(_ commands: String, dry: Bool = false) throws(Problem) {
        let writer = try open(&writer, json: false)
        nft_ctx_set_dry_run(writer, dry)
        let status = nft_run_cmd_from_buffer(writer, commands)
        let complaint = Self.text(nft_ctx_get_error_buffer(writer))
        _ = nft_ctx_get_output_buffer(writer)
        guard status != 0 else { return }
        // What it remembers of the rules may be wrong now.
        close()
        throw Self.problem(complaint)
    }

    /// The objects that `list WHAT` shows, without their wrapping; nil when there is no such thing.
    func list(_ what: String) throws(Problem) -> [NftObject]? {
        let reader = try open(&reader, json: true)
        let status = nft_run_cmd_from_buffer(reader, "list \(what)")
        let complaint = Self.text(nft_ctx_get_error_buffer(reader))
        let answer = Self.text(nft_ctx_get_output_buffer(reader))
        guard status == 0 else {
            let problem = Self.problem(complaint)
            // Where a name is near another, the sentence goes on to name that.
            if problem.detail.contains(Self.notFound) { return nil }
            close()
            throw problem
        }
        let objects = try JSONText.parse(Array(answer.utf8))["nftables"]?.arrayValue ?? []
        version = objects.first?["metainfo"]?["version"]?.stringValue ?? version
        return objects.compactMap(NftObject.init)
    }

    // MARK: - the library

    private func close() {
        for context in [writer, reader].compactMap({ $0 }) { nft_ctx_free(context) }
        (writer, reader) = (nil, nil)
    }

    private func open(_ context: inout OpaquePointer?, json: Bool) throws(Problem) -> OpaquePointer {
        if let context { return context }
        // libnftables ends the process where it can't open its socket.
        let socket = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12 /* NETLINK_NETFILTER */)
        guard socket >= 0 else { throw Self.problem("Error: " + String(cString: strerror(errno))) }
        Glibc.close(socket)
        guard let opened = nft_ctx_new(0) else { throw Problem(.hostFailure, "libnftables can't be started") }
        nft_ctx_buffer_output(opened)
        nft_ctx_buffer_error(opened)
        if json { nft_ctx_output_set_flags(opened, UInt32(NFT_CTX_OUTPUT_JSON)) }
        context = opened
        return opened
    }

    private static func text(_ buffer: UnsafePointer<CChar>?) -> String { buffer.map { String(cString: $0) } ?? "" }

    // MARK: - what it says when it fails

    private static let notFound = String(cString: strerror(ENOENT))

    private static func problem(_ complaint: String) -> Problem {
        let line = complaint.split(separator: "\n").first { $0.contains("Error: ") || $0.contains("Operation not permitted") }
        let what = line.map { String($0[($0.firstRange(of: "Error: ")?.upperBound ?? $0.startIndex)...]) } ?? complaint
        if what.contains(String(cString: strerror(EPERM))) {
            return Problem(.missingDependency, "not allowed to use nftables", hint: "run faultd as root, or give it CAP_NET_ADMIN")
        }
        let isMissing = [EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains { what.contains(String(cString: strerror($0))) }
        if isMissing {
            return Problem(
                .missingDependency, "the kernel lacks something of nftables: \(what)",
                hint: "modprobe nf_tables on the node itself, and list it in /etc/modules-load.d/faultd.conf")
        }
        return Problem(.hostFailure, "nftables: \(what)")
    }
}
