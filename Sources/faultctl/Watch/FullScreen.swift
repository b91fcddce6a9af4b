// A terminal taken over for a while, and given back as it was.

import Glibc

/// The alternate screen, no cursor, and keys that arrive one by one and unseen.
struct FullScreen {
    private let before: termios?

    /// - Returns: nil for the keyboard part when stdin is no terminal; then only signals end the view.
    init() {
        var settings = termios()
        before = tcgetattr(STDIN_FILENO, &settings) == 0 ? settings : nil
        if before != nil {
            // Ctrl-C arrives as a key, so that the screen is given back first.
            settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        Terminal.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l")
    }

    var hasKeys: Bool { before != nil }

    /// Home, each line and what is left of it, then whatever is below: nothing flickers.
    func draw(_ lines: [Styled], _ look: Look) {
        let texts = lines.map { line in
            // After a full line the cursor stands on its last character, which erasing would take.
            line.text(colour: look.colour) + (line.width < look.width ?? 0 ? "\u{1b}[K" : "")
        }
        Terminal.write("\u{1b}[H" + texts.joined(separator: "\r\n") + (lines.count < look.rows ? "\r\n\u{1b}[J" : ""))
    }

    func close() {
        Terminal.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
        if var before { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    }
}
