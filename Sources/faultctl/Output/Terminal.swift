// The streams this program writes to, and what is known of the terminal behind them.
import FaultModel
import Glibc

enum Terminal {
    enum Stream: Int32 {
        case out = 1
        case error = 2

        var isTerminal: Bool { isatty(rawValue) == 1 }
    }

    /// Writes all of it at once, unbuffered, so that lines of stdout and stderr stay in order.
    static func write(_ text: String, to stream: Stream = .out) { write(Array(text.utf8), to: stream) }

    static func write(_ bytes: [UInt8], to stream: Stream = .out) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(stream.rawValue, $0) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno == EPIPE { endOfReader() } else if errno != EINTR, errno != EAGAIN { return }
        }
    }

    private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }

    /// `faultctl … | head`: leaves as programs do that the signal finds, which the network library had switched off.
    private static func endOfReader() -> Never { die(of: SIGPIPE) }

    /// Ends as if nobody had caught the signal, so that a shell sees why. Dispatch's threads block most signals.
    static func die(of number: Int32) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        exit(128 + number)
    }

    static func leave(_ status: ExitStatus) -> Never { exit(status.rawValue) }

    /// How to render for a stream, now.
    static func look(_ stream: Stream = .out) -> Look {
        let isTerminal = stream.isTerminal
        return Look(colour: isTerminal && wantsColour, width: isTerminal ? size(stream).columns : nil, now: now(), utcOffset: utcOffset)
    }

    /// https://no-color.org, and terminals that can't.
    private static var wantsColour: Bool {
        let noColor = environment("NO_COLOR") ?? ""
        return noColor.isEmpty && environment("TERM") != "dumb"
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// TIOCGWINSZ, see tty_ioctl(4); 80 by 24 where the terminal does not say.
    static func size(_ stream: Stream = .out) -> (columns: Int, rows: Int) {
        var size = winsize()
        let known = ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return known ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    @Sendable private static func utcOffset(_ time: Timestamp) -> Int {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts.tm_gmtoff
    }
}
