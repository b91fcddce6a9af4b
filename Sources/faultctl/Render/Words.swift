// Ids, states, times and counts as they read in every table and page.
import FaultModel

extension FaultID {
    /// The last characters: ids made close together differ there, and every command takes them for the id.
    var short: String { String(text.suffix(Self.shortLength)) }
    static let shortLength = 8
}

extension FaultState {
    var styled: Styled {
        switch self {
        case .active: Styled(rawValue, .good)
        case .applying, .reverting: Styled(rawValue, .warn)
        case .reverted: Styled(rawValue, .dim)
        case .failed: Styled(rawValue, .bad)
        case .stuck: Styled(rawValue, .alarm)
        }
    }
}

extension FaultDocument {
    /// Active and drifting: it claims to be in force and is not, or not wholly.
    var isDrifting: Bool { state == .active && !drift.isEmpty }
    var stateStyled: Styled { isDrifting ? Styled("not wholly in force", .warn) : state.styled }
}

extension EndCause {
    var words: String {
        switch self {
        case .lease: "its lease ended"
        case .request: "it was reverted on request"
        case .halt: "the node was halted"
        case .shutdown: "the daemon was stopped"
        case .restart: "the daemon was restarted"
        case .backstop: "its backstop ended it"
        case .reboot: "the node was rebooted"
        case .targetGone: "its target is gone"
        case .error: "an error"
        }
    }
}

enum Words {
    /// `1 fault`, `2 faults`.
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// `just now`, `12s ago`, `3m ago`.
    static func ago(_ time: Timestamp, _ look: Look) -> String {
        let span = look.now - time
        guard span >= .seconds(1) else { return "just now" }
        return (span < .seconds(60) ? Duration.seconds(span.milliseconds / 1000) : .seconds(span.milliseconds / 60_000 * 60)).brief + " ago"
    }

    /// 1024 bytes are a KiB, as the API writes sizes.
    static func size(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (bytes * 10, 0)
        while value >= 10_240, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return "\(value / 10)\(unit > 0 && value % 10 > 0 ? ".\(value % 10)" : "") \(units[unit])"
    }

    static func caller(_ caller: Caller) -> String {
        var details = [caller.user == nil ? nil : caller.uid.map { "uid \($0)" }, caller.pid.map { "pid \($0)" }].compactMap { $0 }
        details.append("via \(caller.via)")
        return "\(caller.name) (\(details.joined(separator: ", ")))"
    }

    /// In single quotes where a shell would read more than the text.
    static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "-_./:=@,%+".contains($0) }
        return isPlain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
