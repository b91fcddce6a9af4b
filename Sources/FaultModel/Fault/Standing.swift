// Whose a fault is: what a caller says of himself, and what the fault remembers of those it passed to.

/// What a request says besides who sends it: the name it acts under, and which taking over of the fault it knows of.
public struct Standing: Sendable, Hashable {
    /// Nil leaves it to who the caller is.
    public var owner: String?
    /// Nil is whatever it is now.
    public var fence: Int?

    public enum Fields {
        public static let owner = Field<String>("owner", "Who you say you are: refused unless the fault is theirs.", check: notEmpty)
        public static let fence = Field<Int>(
            "fence", "Refused unless this is still the fault's lease.fence: nobody has taken it over.",
            check: { $0 > 0 ? nil : "must be at least 1" })
    }

    static let notEmpty: @Sendable (String) -> String? = { $0.isEmpty ? "must not be empty" : nil }

    public init(owner: String? = nil, fence: Int? = nil) {
        self.owner = owner
        self.fence = fence
    }

    /// What `reader` holds of it.
    public init(_ reader: inout SpecReader) {
        owner = reader.read(Fields.owner)
        fence = reader.read(Fields.fence)
    }
}

/// The last time a fault passed to another owner.
public struct Takeover: Sendable, Hashable, Codable {
    /// 2 at the first.
    public var fence: Int
    public var by: Caller
    public var at: Timestamp
    /// The owner before.
    public var from: String

    public init(fence: Int, by: Caller, at: Timestamp, from: String) {
        self.fence = fence
        self.by = by
        self.at = at
        self.from = from
    }
}

extension FaultRecord {
    /// Counts the owners: 1 is whoever asked for it. A driver that knows an older number has been replaced.
    public var fence: Int { takeover?.fence ?? 1 }

    /// The user whose fault it is now, whatever name it goes by.
    public var holder: Caller { takeover?.by ?? requestedBy }
}

extension Caller {
    /// The same user of this node; another process of his counts as him.
    public func isSameUser(as other: Caller) -> Bool {
        if let uid, let theirs = other.uid { return uid == theirs && via == other.via }
        return uid == nil && other.uid == nil && via == other.via && user == other.user
    }
}
