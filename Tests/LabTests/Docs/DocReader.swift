// Line by line through a page: fences, the comments above them, the output below them.

struct DocReader {
    let page: String
    private(set) var blocks: [DocBlock] = []
    private(set) var inline: [(line: Int, command: String)] = []
    private(set) var faults: [String] = []

    private var open: DocBlock?
    private var marks: [DocBlock.Mark: String] = [:]
    /// Whether nothing but blank lines is between the last block and here.
    private var isBelowBlock = false
    private var isIndentedText = true

    /// What a command begins with: a block that is no ```sh must not hide one.
    private static var command: Regex<(Substring, Substring?, Substring)> {
        /\s*(sudo |\$ |# )?(faultctl|faultd|make|curl|f|systemctl|journalctl|kubectl|apt|docker) .*/
    }

    init(page: String) { self.page = page }

    mutating func take(_ line: String, at number: Int) {
        if open != nil { return takeInside(line, at: number) }
        if let fence = line.wholeMatch(of: /\s*```\s*(\S*)\s*/) {
            open = DocBlock(page: page, line: number, language: String(fence.1), text: "", marks: marks)
            marks = [:]
        } else if let comment = line.wholeMatch(of: /\s*<!--\s*([a-z. ]+?)\s*(?::\s*(.*?))?\s*-->\s*/),
            let mark = DocBlock.Mark(rawValue: String(comment.1))
        {
            marks[mark] = String(comment.2 ?? "")
        } else {
            takeText(line, at: number)
        }
    }

    mutating func end() {
        if let open { faults.append("\(open.place): the block has no end") }
    }

    private mutating func takeInside(_ line: String, at number: Int) {
        guard line.trimmingPrefix(while: \.isWhitespace) != "```" else { return close() }
        open?.text += line + "\n"
    }

    private mutating func close() {
        guard let block = open else { return }
        open = nil
        if block.language == "text", isBelowBlock, let last = blocks.indices.last, blocks[last].language == "sh" {
            blocks[last].shown = block.text
        } else {
            judge(block)
            blocks.append(block)
        }
        isBelowBlock = true
    }

    private mutating func judge(_ block: DocBlock) {
        let isSilent = ["sh", "text", "yaml", "json", "swift"].contains(block.language)
        if !isSilent, block.text.split(separator: "\n").contains(where: { $0.wholeMatch(of: Self.command) != nil }) {
            faults.append("\(block.place): commands are in a block that is not tested: begin it with ```sh")
        }
        if block.marks[.notRun] == "" { faults.append("\(block.place): \"not run\" wants a reason") }
    }

    private mutating func takeText(_ line: String, at number: Int) {
        let isBlank = line.allSatisfy(\.isWhitespace)
        if isBlank { return isIndentedText = true }
        if !marks.isEmpty { faults.append("\(page):\(number): a comment for a block stands above something else") }
        marks = [:]
        isBelowBlock = false
        let isIndented = isIndentedText && line.hasPrefix("    ")
        isIndentedText = isIndented
        if isIndented, line.wholeMatch(of: Self.command) != nil {
            faults.append("\(page):\(number): an indented command is not tested: put it between ```sh and ```")
        }
        for match in line.matches(of: /`((?:sudo )?(?:faultctl|faultd|make) [^`]+)`/) { inline.append((number, String(match.1))) }
    }
}
