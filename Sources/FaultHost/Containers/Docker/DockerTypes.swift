// What is read of the Docker Engine API's JSON; podman's compatible service answers alike.

/// `GET /version`
struct DockerVersion: Decodable, Sendable {
    var version: String
    var apiVersion: String
    var minAPIVersion: String?

    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minAPIVersion = "MinAPIVersion"
    }

    /// The API that this client was written against, or the nearest that the engine has.
    static let written = "1.41"

    var chosen: String {
        if Self.isOlder(apiVersion, than: Self.written) { return apiVersion }
        if let minAPIVersion, Self.isOlder(Self.written, than: minAPIVersion) { return minAPIVersion }
        return Self.written
    }

    private static func isOlder(_ a: String, than b: String) -> Bool {
        let numbers = { (text: String) in text.split(separator: ".").map { Int($0) ?? 0 } }
        return numbers(a).lexicographicallyPrecedes(numbers(b))
    }
}

/// One entry of `GET /containers/json?all=1`
struct DockerSummary: Decodable, Sendable {
    var id: String
    var names: [String]?
    var image: String
    /// Seconds since 1970.
    var created: Int64
    var state: String
    var labels: [String: String]?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case created = "Created"
        case state = "State"
        case labels = "Labels"
    }

    /// `/web`; a link to it from another container is `/other/web`.
    var name: String {
        let plain = (names ?? []).map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
        return plain.first { !$0.contains("/") } ?? plain.first ?? String(id.prefix(12))
    }
}

/// `GET /containers/{id}/json`
struct DockerInspection: Decodable, Sendable {
    var id: String
    var name: String
    var created: String
    var state: State
    var hostConfig: HostConfig?
    var config: Config?

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case created = "Created"
        case state = "State"
        case hostConfig = "HostConfig"
        case config = "Config"
    }

    struct State: Decodable, Sendable {
        var status: String
        var pid: Int32?
        var startedAt: String
        var finishedAt: String?
        var exitCode: Int32?
        var health: Health?

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case pid = "Pid"
            case startedAt = "StartedAt"
            case finishedAt = "FinishedAt"
            case exitCode = "ExitCode"
            case health = "Health"
        }
    }

    struct Health: Decodable, Sendable {
        var status: String
        /// The last five checks, oldest first.
        var log: [Check]?

        struct Check: Decodable, Sendable {
            var start: String
            var end: String
            var exitCode: Int32

            enum CodingKeys: String, CodingKey {
                case start = "Start"
                case end = "End"
                case exitCode = "ExitCode"
            }
        }
        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case log = "Log"
        }
    }

    struct HostConfig: Decodable, Sendable {
        var restartPolicy: Policy?
        var autoRemove: Bool?

        struct Policy: Decodable, Sendable {
            var name: String
            enum CodingKeys: String, CodingKey { case name = "Name" }
        }
        enum CodingKeys: String, CodingKey {
            case restartPolicy = "RestartPolicy"
            case autoRemove = "AutoRemove"
        }
    }

    struct Config: Decodable, Sendable {
        var image: String?
        var labels: [String: String]?

        enum CodingKeys: String, CodingKey {
            case image = "Image"
            case labels = "Labels"
        }
    }
}

/// The body of an answer that is an error.
struct DockerError: Decodable, Sendable {
    var message: String
}
