// What a renderer may know of the place and time it renders for.
import FaultModel

/// Handed to every renderer, so that the same documents always give the same text.
struct Look: Sendable {
    var colour = false
    /// Columns; nil where nothing need be cut or broken, as in a file.
    var width: Int?
    /// Lines of a screen that is drawn as a whole.
    var rows = 24
    var now = Timestamp(milliseconds: 0)
    /// Seconds east of UTC at a moment.
    var utcOffset: @Sendable (Timestamp) -> Int = { _ in 0 }

    /// `14:03:07`, or with the date in front when that is not today's; local time.
    func clock(_ time: Timestamp) -> String {
        let (date, clock) = local(time)
        return date == local(now).date ? clock : "\(date) \(clock)"
    }

    /// The same with milliseconds.
    func preciseClock(_ time: Timestamp) -> String { clock(time) + (time + .seconds(utcOffset(time))).text.dropFirst(19).prefix(4) }

    private func local(_ time: Timestamp) -> (date: String, clock: String) {
        let text = (time + .seconds(utcOffset(time))).text
        return (String(text.prefix(10)), String(text.dropFirst(11).prefix(8)))
    }

    func text(_ lines: [Styled]) -> String { lines.map { $0.text(colour: colour) + "\n" }.joined() }
}

extension Duration {
    /// For a glance: `4m12s`, `3.2s`, `250ms`; no digits that nobody reads.
    var brief: String {
        if self <= .zero { return "0s" }
        if self < .seconds(1) { return Duration.milliseconds(milliseconds).text }
        if self < .seconds(10) { return Duration.milliseconds(milliseconds / 100 * 100).text }
        let seconds = milliseconds / 1000
        if seconds < 3600 { return Duration.seconds(seconds).text }
        return seconds < 86_400 ? Duration.seconds(seconds / 60 * 60).text : "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h"
    }
}
