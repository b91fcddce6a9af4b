// The time as HTTP writes it (RFC 9110, section 5.6.7).
import FaultModel

enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ time: Timestamp) -> String {
        // 1970-01-01 was a Thursday.
        let day = max(0, time.milliseconds) / 86_400_000 % 7
        let parts = Timestamp(milliseconds: max(0, time.milliseconds)).text.split { "-T.Z".contains($0) }
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(days[Int(day)]), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
