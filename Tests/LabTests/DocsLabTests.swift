// Every command in README.md, CONTRIBUTING.md, SECURITY.md and docs/*.md is run in the node, and prints what its page shows.
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Docs {
        /// Blocks that can't be run here; more of them would make a promise of this suite that it does not keep.
        private static let mostNotRun = 16

        @Test(arguments: DocPage.all.filter { $0.blocks.contains(where: \.isRun) }) func commandsDoWhatThePageSays(_ page: DocPage) async throws {
            try await Lab.restoring { _ in
                try await keepingTheConfiguration {
                    for run in try await DocSession.run(page.blocks.filter(\.isRun)) { judge(run) }
                    let verified = try await Lab.node("faultctl halt --status && faultctl revert --all && faultctl verify")
                    #expect(verified.status == 0 && verified.text.contains("Not halted"), "\(page.name) leaves this behind: \(verified.text)")
                    try await Lab.node("faultctl resume")
                }
            }
        }

        private func judge(_ run: DocRun) {
            let block = run.block
            guard run.hasEnded else {
                Issue.record("\(block.place): the page's shell ended, or ran out of time, before or in this block. It printed:\n\(run.output)")
                return
            }
            let wanted = block.marks[.exits].flatMap { Int32($0) } ?? 0
            for failure in run.failures where failure.status != wanted {
                Issue.record("\(block.place): \(failure.command)\nended with \(failure.status), not \(wanted). The block printed:\n\(run.output)")
            }
            if wanted != 0, run.failures.isEmpty { Issue.record("\(block.place): was to end with \(wanted), and succeeded:\n\(run.output)") }
            if let shown = block.shown, !DocOutput.fits(run.output, shown) {
                Issue.record("\(block.place): the page shows\n\(shown)\nand it prints\n\(run.output)")
            }
        }

        /// Pages show how to change it.
        private func keepingTheConfiguration(_ body: () async throws -> Void) async throws {
            try await Lab.node("cp /etc/faultd/faultd.yaml /run/lab-faultd.yaml")
            let restore =
                "cmp -s /run/lab-faultd.yaml /etc/faultd/faultd.yaml || { cp /run/lab-faultd.yaml /etc/faultd/faultd.yaml && systemctl restart faultd; }"
            do { try await body() } catch {
                try await Lab.node(restore)
                throw error
            }
            try await Lab.node(restore)
        }

        @Test(arguments: DocPage.all) func whatIsNotRunExists(_ page: DocPage) async throws {
            #expect(page.faults.isEmpty, "\(page.faults.joined(separator: "\n"))")
            var check = try CommandCheck()
            var commands = page.inline.map { (place: "\(page.name):\($0.line)", command: $0.command) }
            for block in page.blocks where block.language == "sh" && !block.isRun {
                commands += block.text.split(separator: "\n").map { (block.place, String($0)) }
            }
            for (place, command) in commands {
                let faults = try await check.faults(command)
                #expect(faults.isEmpty, "\(place): \(command): \(faults.joined(separator: "; "))")
            }
        }

        @Test func fewBlocksAreNotRun() {
            let skipped = DocPage.all.flatMap(\.blocks).filter { $0.marks[.notRun] != nil }
            #expect(skipped.count <= Self.mostNotRun, "\(skipped.map { "\($0.place): \($0.marks[.notRun] ?? "")" }.joined(separator: "\n"))")
            #expect(DocPage.all.flatMap(\.blocks).count(where: \.isRun) > 50, "the pages were not found")
        }

        @Test func shownConfigurationsAreRight() async throws {
            let files = DocPage.all.flatMap(\.blocks).filter { $0.marks[.configuration] != nil }
            #expect(!files.isEmpty)
            for file in files {
                let checked = try await Lab.node("cat >/run/lab-docs.yaml <<'END'\n\(file.text)END\nfaultd check-config --config /run/lab-docs.yaml")
                #expect(checked.status == 0, "\(file.place): \(checked.text)")
            }
        }

        @Test func metricsThatPagesNameExistAndAllAreNamed() async throws {
            let metrics = try await Lab.node("curl -sS --unix-socket /run/faultd/faultd.sock http://node/metrics").text
            for page in DocPage.all {
                let text = try String(contentsOf: DocPage.root.appendingPathComponent(page.name), encoding: .utf8)
                let names = Set(text.matches(of: /\bfaultd_[a-z_]+/).map { String($0.0) })
                let unknown = names.filter { !metrics.contains($0) }
                #expect(unknown.isEmpty, "\(page.name) names metrics that are not told: \(unknown.sorted())")
                guard page.name == "docs/operations.md" else { continue }
                for family in metrics.matches(of: /# TYPE (\w+)/) { #expect(names.contains(String(family.1)), "\(page.name) does not tell of it") }
            }
        }
    }
}
