// Log lines on standard error: with a priority for the journal, with a time for a person.
import FaultModel
import Glibc
import Logging

enum Log {
    static func logger(_ level: Configuration.LogLevel) -> Logger {
        // systemd sets this where standard error is the journal (systemd.exec(5)).
        let isJournal = getenv("JOURNAL_STREAM") != nil
        var logger = Logger(label: "faultd") { _ in Handler(isJournal: isJournal) }
        logger.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        return logger
    }

    private struct Handler: LogHandler {
        let isJournal: Bool
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            let head = isJournal ? "<\(Self.priority(event.level))>" : "\(Self.time()) \(event.level) "
            let line = Array("\(head)\(event.message)\(more)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }

        /// Levels of syslog(3), which the journal reads between angle brackets (sd-daemon(3)).
        private static func priority(_ level: Logger.Level) -> Int {
            switch level {
            case .trace, .debug: 7
            case .info: 6
            case .notice: 5
            case .warning: 4
            case .error: 3
            case .critical: 2
            }
        }

        private static func time() -> String {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000).text
        }
    }
}
