// A terminal that a test holds the other end of.
import Foundation
import Glibc
import Synchronization

/// Runs `faultctl` on a pseudo terminal of 80 by 24 (pty(7)) and collects what it shows.
final class PseudoTerminal: Sendable {
    private let mine: Int32
    private let theirs: Int32
    private let shown = Mutex("")
    let process = Process()

    var text: String { shown.withLock { $0 } }

    init(_ arguments: [String], socket: String, environment: [String: String] = [:]) throws {
        var ends = (mine: Int32(-1), theirs: Int32(-1))
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        guard openpty(&ends.mine, &ends.theirs, nil, nil, &size) == 0 else { throw POSIXError(.ENXIO) }
        (mine, theirs) = ends
        process.executableURL = Program.path
        process.arguments = arguments
        process.environment = ["TERM": "xterm", "FAULTD_SOCKET": socket].merging(environment) { $1 }
        let terminal = FileHandle(fileDescriptor: theirs)
        (process.standardInput, process.standardOutput, process.standardError) = (terminal, terminal, terminal)
        try process.run()
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(mine, &buffer, buffer.count)
                // Nobody has the other end any more. Closed here, so that the number is not another terminal's while this thread reads.
                guard count > 0 else { Glibc.close(mine); return }
                shown.withLock { $0 += String(decoding: buffer.prefix(count), as: UTF8.self) }
            }
        }
    }

    func type(_ keys: String) { _ = keys.withCString { write(mine, $0, strlen($0)) } }

    /// Whether keys are handed over line by line and echoed, as a shell wants it.
    var isCooked: Bool {
        var settings = termios()
        return tcgetattr(theirs, &settings) == 0 && settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == tcflag_t(ICANON | ECHO | ISIG)
    }

    /// Waits until it shows `words`; false after ten seconds.
    func shows(_ words: String) async throws -> Bool { try await within { self.text.contains(words) } }

    /// The exit code; nil when it still runs after ten seconds.
    func ending() async throws -> Int32? { try await within { !self.process.isRunning } ? process.terminationStatus : nil }

    private func within(_ isDone: () -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if isDone() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return isDone()
    }

    func close() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        Glibc.close(theirs)
    }
}
