// "stopping docker.service… 3.1s" while one waits, where somebody sees it.
import FaultModel

enum Progress {
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private static let step = Duration.milliseconds(100)
    /// What is done sooner needs no excuse.
    private static let patience = Duration.milliseconds(400)

    /// Runs `work`; meanwhile the last line of a terminal says what for and how long.
    static func showing<Result>(_ what: String, _ work: () async throws -> Result) async throws -> Result {
        guard Terminal.Stream.error.isTerminal else { return try await work() }
        let spinner = Task { await spin(what) }
        do {
            let result = try await work()
            await stop(spinner)
            return result
        } catch {
            await stop(spinner)
            throw error
        }
    }

    private static func stop(_ spinner: Task<Void, Never>) async {
        spinner.cancel()
        await spinner.value
    }

    private static func spin(_ what: String) async {
        let start = ContinuousClock.now
        guard (try? await Task.sleep(for: patience)) != nil else { return }
        var frame = 0
        while !Task.isCancelled {
            let look = Terminal.look(.error)
            let line: Styled = "\(frames[frame % frames.count], .accent) \(what)… \(start.duration(to: .now).brief, .dim)"
            Terminal.write("\r\u{1b}[K" + line.cut(to: (look.width ?? 80) - 1).text(colour: look.colour), to: .error)
            frame += 1
            try? await Task.sleep(for: step)
        }
        Terminal.write("\r\u{1b}[K", to: .error)
    }
}
