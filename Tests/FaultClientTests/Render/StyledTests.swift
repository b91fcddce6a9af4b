// Painted text, its width, and tables that fit.
import Testing

@testable import faultctl

@Suite struct StyledTests {
    @Test func paintsOnlyWhereAsked() {
        let line: Styled = "a \("b", .bad) c"
        #expect(line.text(colour: false) == "a b c")
        #expect(line.text(colour: true) == "a \u{1b}[31mb\u{1b}[0m c")
    }

    @Test func controlCharactersNeverReachTheTerminal() {
        let line: Styled = "\("x\u{1b}[2J\r\ny\u{9b}31m\u{202e}z", .bold)"
        #expect(line.text(colour: false) == "x\u{FFFD}[2J\u{FFFD}\u{FFFD}y\u{FFFD}31m\u{FFFD}z")
    }

    @Test(arguments: [("abc", 3), ("äöü", 3), ("日本", 4), ("a🎉", 3), ("", 0)])
    func countsColumns(text: String, columns: Int) { #expect(Styled(text).width == columns) }

    @Test func cutsWithAnEllipsis() {
        let line: Styled = "ab\("cdef", .good)"
        #expect(line.cut(to: 6).plain == "abcdef")
        #expect(line.cut(to: 5).plain == "abcd…")
        #expect(line.cut(to: 2).plain == "a…")
        #expect(line.cut(to: 0).plain == "")
        #expect(Styled("日本語").cut(to: 4).plain == "日…")
    }

    @Test func wrapsAtSpacesAndKeepsPaint() {
        let line: Styled = "one \("two three", .warn) four"
        #expect(line.wrapped(to: 9).map(\.plain) == ["one two", "three", "four"])
        #expect(line.wrapped(to: 9)[1].text(colour: true) == "\u{1b}[33mthree\u{1b}[0m")
        #expect(line.wrapped(to: nil).map(\.plain) == ["one two three four"])
        #expect(Styled("immeasurable").wrapped(to: 4).map(\.plain) == ["immeasurable"])
    }
}

@Suite struct TableTests {
    private var table: Table {
        var table = Table(.init("ID"), .init("WHAT", least: 4), .init("NOTHING"), .init("N", right: true))
        table.add("a1", "a rather long text", "", "7")
        table.add("b", "short", "", "12")
        return table
    }

    @Test func isAsWideAsItNeedsAndLeavesOutEmptyColumns() {
        #expect(table.lines(width: nil).map(\.plain) == ["ID  WHAT                N", "a1  a rather long text  7", "b   short               12"])
    }

    @Test(arguments: [24, 20, 14])
    func fitsTheTerminal(width: Int) {
        let lines = table.lines(width: width)
        #expect(lines.allSatisfy { $0.width <= width })
        #expect(lines[1].plain.hasPrefix("a1  a r"))
    }

    @Test func noLineEndsInSpaces() {
        var table = Table(.init("A"), .init("B"))
        table.add("1", "2")
        table.add("3", "")
        #expect(table.lines(width: nil).map(\.plain) == ["A  B", "1  2", "3"])
    }

    @Test func whatCannotBeCutStaysWhole() {
        #expect(table.lines(width: 5)[1].plain == "a1  a r…  7")
    }
}
