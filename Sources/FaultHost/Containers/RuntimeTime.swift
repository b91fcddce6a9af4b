// Runtimes' times.
import FaultModel

extension Timestamp {
    /// RFC 3339 with any offset: Docker writes UTC, podman the node's own zone. The year 1 is their "never".
    init?(runtime text: String) {
        guard !text.hasPrefix("0001-") else { return nil }
        if let utc = Timestamp(text: text) {
            self = utc
            return
        }
        guard let match = text.wholeMatch(of: /(.*)([+-])(\d\d):(\d\d)/), let local = Timestamp(text: match.1 + "Z"),
            let hours = Int64(match.3), let minutes = Int64(match.4)
        else { return nil }
        let offset = Duration.seconds((hours * 60 + minutes) * 60)
        self = local + (match.2 == "+" ? .zero - offset : offset)
    }

    /// Nanoseconds since 1970, as CRI counts; 0 is "never".
    init?(nanoseconds: Int64) {
        guard nanoseconds > 0 else { return nil }
        self.init(milliseconds: nanoseconds / 1_000_000)
    }
}
