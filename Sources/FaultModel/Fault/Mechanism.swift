// Which mechanism of the host a change is for, as one word for logs.

extension Change {
    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
        }
    }
}

extension Undo {
    public var mechanism: String {
        switch self {
        case .packets: "packets"
        case .units: "units"
        case .containers: "containers"
        }
    }
}
