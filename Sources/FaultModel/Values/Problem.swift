// The one error type: a stable slug, a sentence for the person who must act, and every bad field.

/// An error as RFC 9457 wants it told. Thrown everywhere, shown as it is by the API and the command line.
public struct Problem: Error, Sendable, Hashable, Codable {
    public var type: Slug
    public var title: String
    public var status: Int
    public var detail: String
    public var hint: String?
    public var errors: [FieldError]?

    public struct FieldError: Sendable, Hashable, Codable {
        /// A path such as `spec.ports[0]`.
        public var field: String
        public var message: String

        public init(_ field: String, _ message: String) {
            self.field = field
            self.message = message
        }
    }

    public init(_ type: Slug, _ detail: String, hint: String? = nil, errors: [FieldError]? = nil) {
        self.type = type
        self.title = type.title
        self.status = type.status
        self.detail = detail
        self.hint = hint
        self.errors = errors
    }

    /// The stable name of an error class. Its HTTP status is the contract of the API's error table.
    public enum Slug: String, Sendable, Hashable, Codable, CaseIterable {
        case badRequest = "bad-request"
        case invalidField = "invalid-field"
        case unknownField = "unknown-field"
        case unknownKind = "unknown-kind"
        case forbidden = "forbidden"
        case notOwner = "not-owner"
        case noBackstop = "no-backstop"
        case protectedTarget = "protected-target"
        case tooManyTargets = "too-many-targets"
        case irreversible = "irreversible"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case conflict = "conflict"
        case fenced = "fenced"
        case payloadTooLarge = "payload-too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case leaseTooLong = "lease-too-long"
        case leaseTooShort = "lease-too-short"
        case noMatch = "no-match"
        case noSuchUnit = "no-such-unit"
        case noEffect = "no-effect"
        case impossible = "impossible"
        case idempotencyMismatch = "idempotency-key-reused"
        case halted = "halted"
        case missingDependency = "missing-dependency"
        case budgetExceeded = "budget-exceeded"
        case journalUnavailable = "journal-unavailable"
        case shuttingDown = "shutting-down"
        case timedOut = "timed-out"
        case hostFailure = "host-failure"
        case internalError = "internal-error"

        public var status: Int {
            switch self {
            case .badRequest, .invalidField, .unknownField, .unknownKind: 400
            case .forbidden, .notOwner, .noBackstop, .protectedTarget, .tooManyTargets, .irreversible: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .conflict, .fenced: 409
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .leaseTooLong, .leaseTooShort, .noMatch, .noSuchUnit, .noEffect, .impossible, .idempotencyMismatch: 422
            case .halted: 423
            case .missingDependency: 424
            case .budgetExceeded: 429
            case .hostFailure, .internalError: 500
            case .journalUnavailable, .shuttingDown: 503
            case .timedOut: 504
            }
        }

        /// The slug in words: `lease-too-long` is "Lease too long".
        public var title: String {
            let words = rawValue.replacing("-", with: " ")
            return words.prefix(1).uppercased() + words.dropFirst()
        }
    }
}

extension Problem: CustomStringConvertible {
    public var description: String { "\(type.rawValue): \(detail)" + (hint.map { " (\($0))" } ?? "") }
}
