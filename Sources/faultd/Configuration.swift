// The configuration file: every key, its default, and what is wrong with a bad one.
import FaultEngine
import FaultModel
import Glibc

/// What `/etc/faultd/faultd.yaml` says. A missing file is all defaults; an unknown key is an error.
struct Configuration: Sendable, Equatable {
    var socketPath = "/run/faultd/faultd.sock"
    var socketMode: UInt32 = 0o660
    var socketGroup: String? = "faultd"
    var stateDirectory = "/var/lib/faultd"
    var logLevel = LogLevel.info
    var packetBackend = PacketBackendSetting.auto
    var policy = Policy()

    enum LogLevel: String, SpecWord { case debug, info, notice, warning, error }

    private enum Fields {
        static let socketPath = Field<String>("path", "Where the control socket is.", check: { $0.hasPrefix("/") ? nil : "must be an absolute path" })
        static let socketMode = Field<String>(
            "mode", "Its mode, octal.", check: { UInt32($0, radix: 8).map { $0 <= 0o777 } == true ? nil : "must be an octal mode such as \"0660\"" })
        static let socketGroup = Field<String>("group", "Who may use it besides root; \"none\" is nobody.")
        static let stateDirectory = Field<String>(
            "state_directory", "Where the journal is.", check: { $0.hasPrefix("/") ? nil : "must be an absolute path" })
        static let logLevel = Field<LogLevel>("log_level", "How much is logged.")
        static let packetBackend = Field<PacketBackendSetting>("packet_backend", "Which tables hold packet rules.")
        static let defaultLease = Field<Duration>("default_lease", "Lease of a fault that asks for none.", check: positive)
        static let maxLease = Field<Duration>("max_lease", "The longest lease, and the longest renewal.", check: positive)
        static let maxFaults = Field<Int>("max_faults", "Faults alive at once.", check: { $0 > 0 ? nil : "must be at least 1" })
        static let maxTargets = Field<Int>(
            "max_targets", "Units or containers that one fault may hit.", check: { $0 > 0 ? nil : "must be at least 1" })
        static let protectedUnits = Field<[String]>(
            "protected_units", singular: "protected_unit", "Units that no fault may stop, besides those that never may be.")
        static let protectedPaths = Field<[String]>(
            "protected_paths", singular: "protected_path",
            "Files, or directories with all below, that no fault may change, besides those that never may be.")
        static let protectedPorts = Field<[PortRange]>("protected_ports", singular: "protected_port", "TCP ports of this node that stay reachable.")
        static let deniedKinds = Field<[String]>(
            "denied_kinds", singular: "denied_kind", "Kinds that are refused; shell patterns such as \"network.*\".")

        static let requireBackstop = Field<Bool>("require_backstop", "Refuse faults that nothing would end if faultd died.")
        static let admins = Field<[String]>(
            "admins", singular: "admin", "Users, by name or uid, who may renew and end what is not theirs; root always may.", check: users)

        @Sendable private static func users(_ names: [String]) -> String? {
            names.contains { $0.isEmpty || $0.hasPrefix("@") } ? "must be names or uids of users; a group such as \"@sre\" is not looked up" : nil
        }

        @Sendable private static func positive(_ lease: Duration) -> String? {
            lease >= Limits.shortestLease ? nil : "must be at least \(Limits.shortestLease.text)"
        }
    }

    static func load(_ path: String, mustExist: Bool) throws(Problem) -> Configuration {
        guard let text = try read(path, mustExist: mustExist) else { return Configuration() }
        return try Configuration(yaml: text, name: path)
    }

    init() {}

    init(yaml text: String, name: String) throws(Problem) {
        let document = try YAML.parse(text, name: name)
        do { try self.init(document) } catch {
            throw Problem(.invalidField, "\(name): \(error.detail)", hint: error.hint, errors: error.errors)
        }
    }

    private init(_ document: JSONValue) throws(Problem) {
        var errors: [Problem.FieldError] = []
        var unknown: String?
        var top = SpecReader(document == .null ? .object([]) : document, path: "", lenient: true)
        stateDirectory = top.read(Fields.stateDirectory) ?? stateDirectory
        logLevel = top.read(Fields.logLevel) ?? logLevel
        packetBackend = top.read(Fields.packetBackend) ?? packetBackend
        let socket = top.read(Field<Section>("socket", "The control socket."))?.json ?? .object([])
        let policy = top.read(Field<Section>("policy", "What this node allows."))?.json ?? .object([])
        readSocket(socket, &errors, &unknown)
        readPolicy(policy, &errors, &unknown)
        Self.finish(&top, &errors, &unknown)
        if self.policy.defaultLease > self.policy.maxLease {
            errors.append(.init("policy.default_lease", "must not be longer than policy.max_lease"))
        }
        guard let first = errors.first else { return }
        throw Problem(
            unknown == nil ? .invalidField : .unknownField,
            errors.map { "\($0.field) \($0.message)" }.joined(separator: "; "), hint: unknown, errors: [first] + errors.dropFirst())
    }

    private mutating func readSocket(_ json: JSONValue, _ errors: inout [Problem.FieldError], _ unknown: inout String?) {
        var reader = SpecReader(json, path: "socket", lenient: true)
        socketPath = reader.read(Fields.socketPath) ?? socketPath
        socketMode = reader.read(Fields.socketMode).flatMap { UInt32($0, radix: 8) } ?? socketMode
        if let group = reader.read(Fields.socketGroup) { socketGroup = group == "none" ? nil : group }
        Self.finish(&reader, &errors, &unknown)
    }

    private mutating func readPolicy(_ json: JSONValue, _ errors: inout [Problem.FieldError], _ unknown: inout String?) {
        var reader = SpecReader(json, path: "policy", lenient: true)
        policy.defaultLease = reader.read(Fields.defaultLease) ?? policy.defaultLease
        policy.maxLease = reader.read(Fields.maxLease) ?? policy.maxLease
        policy.maxFaults = reader.read(Fields.maxFaults) ?? policy.maxFaults
        policy.maxTargets = reader.read(Fields.maxTargets) ?? policy.maxTargets
        policy.protection.units += reader.read(Fields.protectedUnits) ?? []
        policy.protection.paths += reader.read(Fields.protectedPaths) ?? []
        policy.protection.ports = reader.read(Fields.protectedPorts) ?? policy.protection.ports
        policy.deniedKinds = reader.read(Fields.deniedKinds) ?? policy.deniedKinds
        policy.requireBackstop = reader.read(Fields.requireBackstop) ?? policy.requireBackstop
        policy.admins = reader.read(Fields.admins) ?? policy.admins
        Self.finish(&reader, &errors, &unknown)
    }

    private static func finish(_ reader: inout SpecReader, _ errors: inout [Problem.FieldError], _ unknown: inout String?) {
        do { _ = try reader.finish("this section") } catch {
            errors += error.errors ?? []
            unknown = unknown ?? error.hint
        }
    }

    static func read(_ path: String, mustExist: Bool) throws(Problem) -> String? {
        guard let file = fopen(path, "re") else {
            if errno == ENOENT, !mustExist { return nil }
            throw Problem(.badRequest, "the configuration \(path) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Limits.bodyBytes)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

/// A member of the file that is read by itself.
private struct Section: SpecValue {
    let json: JSONValue
    var spec: JSONValue { json }
    static var schema: JSONValue { ["type": "object"] }

    init(spec value: JSONValue, lenient: Bool) throws(ValueError) {
        guard value.members != nil else { throw ValueError("must be a section with keys of its own, not \(value.typeName)") }
        json = value
    }
}
