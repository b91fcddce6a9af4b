// The reading of pages and the comparing of output, which need no lab.
import Testing

@Suite struct DocPageTests {
    @Test func aBlockHasItsMarksAndItsOutput() throws {
        let page = DocPage("p.md", text: "Text.\n\n<!-- exits: 3 -->\n<!-- as: ana -->\n```sh\nfaultctl list\n```\n\n```text\nerror: no\n```\n")
        let block = try #require(page.blocks.first)
        #expect(page.blocks.count == 1 && page.faults.isEmpty)
        #expect(block.line == 5 && block.text == "faultctl list\n" && block.shown == "error: no\n")
        #expect(block.marks == [.exits: "3", .user: "ana"] && block.isRun)
    }

    @Test func outputBelowTextIsNobodys() {
        let page = DocPage("p.md", text: "```sh\nls\n```\nIt looks so:\n```text\na\n```\n")
        #expect(page.blocks.map(\.shown) == [nil, nil])
    }

    @Test(arguments: [
        "Do this:\n\n    faultctl list\n", "```console\nfaultctl list\n```\n", "```\nsudo make install\n```\n", "<!-- exits: 1 -->\nText.\n",
        "<!-- not run -->\n```sh\nmake demo\n```\n", "```sh\nls\n",
    ])
    func whatWouldEscapeTheTestIsTold(_ text: String) { #expect(DocPage("p.md", text: text).faults.count == 1) }

    @Test func commandsInTextAreFound() {
        let page = DocPage("p.md", text: "Try `faultctl show ID` or\n`sudo make install`, not `faultd:<id>`.\n```sh\necho `make x`\n```\n")
        #expect(page.inline.map(\.command) == ["faultctl show ID", "sudo make install"])
    }

    @Test(arguments: [
        ("a  b\nc", "a b\n\nc\n", true), ("a\n…\nd", "a\nb\nc\nd", true), ("a\n…\nd", "a\nb\nc\ne", false), ("a … d", "a b c d", true),
        ("a … d", "a b c", false), ("a", "a\nb", false), ("a\nb", "a", false), ("…\nb\n…", "a\nb", true), ("b\n…", "b", true),
        ("07:11:12, 4m59s left of 5m", "19:00:01, 4m58.1s left of 5m", true), ("ended just now", "ended 3s ago", true),
        ("01M83KX5R4BBVAGYRYVVQDVQVK by pid 7", "01M83KX5X9WXQRCZ586R2HWP9Z by pid 4711", true), ("VVQDVQVK  active", "6R2HWP9Z  active", true),
        ("faultd 0.1.0 answers", "faultd 0.2.0-4-gabc answers", true), ("2 rules", "4 rules", false), ("port 22", "port 23", false),
    ])
    func outputIsComparedLoosely(_ shown: String, _ printed: String, _ fits: Bool) { #expect(DocOutput.fits(printed, shown) == fits) }
}
