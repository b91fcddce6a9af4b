// Failures as problems: the daemon's own as they are, and those of reaching it in words.
import AsyncHTTPClient
public import FaultModel
import FoundationEssentials
import Glibc
import NIOCore

extension Problem {
    /// The daemon could not be asked at all, or did not answer.
    public var isUnreachable: Bool { status == Self.noAnswer }

    /// Stands where an HTTP status would.
    private static let noAnswer = 0

    init(unreachable detail: String, hint: String?) {
        self.init(.hostFailure, detail, hint: hint)
        title = "Daemon unreachable"
        status = Self.noAnswer
    }

    /// From an answer with an error status.
    init(answer body: [UInt8], status: Int) {
        if let problem = try? JSONDecoder().decode(Problem.self, from: Data(body)) {
            self = problem
            return
        }
        let json = JSONValue(parsing: body)
        self.init(
            Slug(status: status), json?["detail"]?.stringValue ?? "faultd answered with HTTP status \(status)", hint: json?["hint"]?.stringValue)
        title = json?["title"]?.stringValue ?? title
        self.status = status
    }

    /// From whatever an exchange threw.
    init(_ error: any Error, socket: String, patience: Duration) {
        switch error {
        case let problem as Problem: self = problem
        case let error as IOError: self.init(errno: error.errnoCode, socket: socket)
        case let error as HTTPClientError: self.init(error, socket: socket, patience: patience)
        case SocketAddressError.unixDomainSocketPathTooLong:
            self.init(unreachable: "\(socket) is too long for a Unix socket's path (107 bytes)", hint: nil)
        case is CancellationError: self.init(unreachable: "interrupted before faultd answered", hint: nil)
        default: self.init(broken: error)
        }
    }

    private init(_ error: HTTPClientError, socket: String, patience: Duration) {
        if error == .deadlineExceeded || error == .readTimeout {
            self.init(
                unreachable: "faultd did not answer within \(patience.text); what was asked may still happen",
                hint: "`systemctl status faultd` shows whether it hangs")
        } else if error == .connectTimeout {
            self.init(unreachable: "nobody accepts connections at \(socket)", hint: Self.serviceHint)
        } else if error == .cancelled {
            self.init(unreachable: "interrupted before faultd answered", hint: nil)
        } else {
            self.init(broken: error)
        }
    }

    /// From whatever broke the event stream, with which nothing was asked for.
    init(stream error: any Error, socket: String) {
        switch error {
        case is Problem, is IOError: self.init(error, socket: socket, patience: FaultClient.Bounds.connect)
        default: self.init(unreachable: "faultd's event stream broke", hint: Self.serviceHint)
        }
    }

    private init(broken error: any Error) {
        self.init(
            unreachable: "the connection to faultd broke before it answered (\(error)); what was asked may or may not have happened",
            hint: "`faultctl list --all` shows what was done; `systemctl status faultd` shows how the daemon is")
    }

    private static let serviceHint = "look at the daemon with `systemctl status faultd`, start it with `systemctl start faultd`"

    /// From the error of connect(2), see unix(7).
    private init(errno code: Int32, socket: String) {
        switch code {
        case ENOENT:
            self.init(unreachable: "there is no control socket at \(socket): faultd is not running, or listens elsewhere", hint: Self.serviceHint)
        case ECONNREFUSED:
            self.init(unreachable: "nobody listens at \(socket): faultd has stopped", hint: Self.serviceHint)
        case EACCES, EPERM:
            self.init(
                unreachable: "you may not open \(socket): it is for root and the group faultd",
                hint: "join the group with `sudo usermod -aG faultd $USER` and log in again, or use sudo")
        default:
            self.init(unreachable: "\(socket) can't be used: \(String(cString: strerror(code)))", hint: Self.serviceHint)
        }
    }
}

extension Problem.Slug {
    /// The nearest class for an answer that is no problem document.
    fileprivate init(status: Int) {
        self = Self.allCases.first { $0.status == status } ?? (status < 500 ? .badRequest : .internalError)
    }
}
