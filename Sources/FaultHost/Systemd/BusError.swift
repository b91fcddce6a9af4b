// What can go wrong between us and the manager, and how a person is told.
import FaultModel
import Glibc

enum BusError: Error, Sendable, Hashable {
    /// The manager answered with an error: its D-Bus name and its own sentence.
    case refused(name: String, message: String)
    case timedOut
    /// The connection broke while a call was on its way; whether it was carried out is unknown.
    case disconnected
    /// No connection could be made: why each address did not serve.
    case unreachable(String)
    /// Whoever waited does not want to any more; what was asked for may go on.
    case cancelled
    /// libsystemd could not do its part.
    case local(doing: String, errno: Int32)

    /// Names from systemd's bus-common-errors.h.
    enum Name {
        static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
        static let unitExists = "org.freedesktop.systemd1.UnitExists"
        static let noSuchProcess = "org.freedesktop.systemd1.NoSuchProcess"
        static let masked = "org.freedesktop.systemd1.UnitMasked"
        static let onlyByDependency = "org.freedesktop.systemd1.OnlyByDependency"
        static let shuttingDown = "org.freedesktop.systemd1.ShuttingDown"
        static let accessDenied = "org.freedesktop.DBus.Error.AccessDenied"
        static let needsPassword = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
        static let invalidArguments = "org.freedesktop.DBus.Error.InvalidArgs"
        static let unknownObject = "org.freedesktop.DBus.Error.UnknownObject"
    }

    var name: String? {
        guard case .refused(let name, _) = self else { return nil }
        return name
    }

    /// - Parameter doing: what was being done, such as `stop docker.service`.
    func problem(_ doing: String) -> Problem {
        switch self {
        case .refused(let name, let message): Self.refusal(name, message, doing)
        case .timedOut:
            Problem(.timedOut, "systemd did not answer in time while trying to \(doing)", hint: Self.check)
        case .disconnected:
            Problem(.hostFailure, "the connection to systemd broke while trying to \(doing)", hint: Self.check)
        case .unreachable(let why): Problem(.missingDependency, "can't \(doing): systemd can't be reached: \(why)", hint: Self.remedy)
        case .cancelled: Problem(.conflict, "gave up waiting while trying to \(doing): its end was wanted meanwhile")
        case .local(let what, let code):
            Problem(.hostFailure, "could not \(doing): libsystemd failed to \(what): \(String(cString: strerror(code)))")
        }
    }

    private static func refusal(_ name: String, _ message: String, _ doing: String) -> Problem {
        let detail = "systemd refused to \(doing): \(message)"
        switch name {
        case Name.accessDenied, Name.needsPassword: return Problem(.missingDependency, detail, hint: "faultd must run as root to change units")
        case Name.noSuchUnit: return Problem(.noSuchUnit, detail)
        case Name.onlyByDependency, Name.masked: return Problem(.impossible, detail)
        default: return Problem(.hostFailure, detail)
        }
    }

    private static let check = "see whether `systemctl status` answers on the node"
    static let remedy =
        "faults on units need a node booted with systemd, and faultd running as root; as another user also D-Bus (apt-get install dbus)"
}

extension BusError {
    /// The bare cause, for a list of addresses that did not serve.
    var reason: String {
        switch self {
        case .refused(_, let message): message
        case .timedOut: "no answer"
        case .disconnected: "the connection broke"
        case .unreachable(let why): why
        case .cancelled: "cancelled"
        case .local(_, let code): String(cString: strerror(code))
        }
    }
}
