// Whether a command prints what its page shows: ids, times and process ids may differ, and … stands for anything.

enum DocOutput {
    static func fits(_ output: String, _ shown: String) -> Bool {
        glob(lines(shown), lines(output), isStar: { $0 == "…" }) { line, printed in
            glob(Array(line), Array(printed), isStar: { $0 == "…" }, fits: ==)
        }
    }

    /// Lines that say something, with what differs from run to run written as what it is.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { masked(String($0)) }.filter { !$0.isEmpty }
    }

    private static func masked(_ line: String) -> String {
        line.replacing(/[0-9A-HJKMNP-TV-Z]{26}/.ignoresCase(), with: "<id>")
            .replacing(/\b[0-9A-HJKMNP-TV-Z]{8}\b/, with: "<id>")
            .replacing(/\b[0-9a-f]{12,64}\b/, with: "<hex>")
            .replacing(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/, with: "<time>")
            .replacing(/\b\d\d:\d\d:\d\d(\.\d+)?/, with: "<time>")
            .replacing(/\b(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+(?!\w)/, with: "<duration>")
            .replacing(/just now|<duration> ago/, with: "<ago>")
            .replacing(/\bpid \d+/, with: "pid <n>")
            .replacing(/\bfaultd v?\d+\.\d+[^\s:;,]*/, with: "faultd <version>")
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Matches as a shell's pattern would, where a star is any number of elements.
    private static func glob<P, T>(_ pattern: [P], _ text: [T], isStar: (P) -> Bool, fits: (P, T) -> Bool) -> Bool {
        var (next, position) = (0, 0)
        var retry: (pattern: Int, position: Int)?
        while position < text.count {
            if next < pattern.count, isStar(pattern[next]) {
                retry = (next + 1, position)
                next += 1
            } else if next < pattern.count, fits(pattern[next], text[position]) {
                (next, position) = (next + 1, position + 1)
            } else if let star = retry {
                (next, position) = (star.pattern, star.position + 1)
                retry = (star.pattern, star.position + 1)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy(isStar)
    }
}
