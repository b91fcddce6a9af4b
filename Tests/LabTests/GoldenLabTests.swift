// Goldens: what iptables-save prints before, during and after each example of each kind that filters packets.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Goldens {
        static let kinds = ["network.drop", "network.reject", "node.cut", "network.partition", "network.loss"]
        /// Set, the goldens are written anew instead of compared; look at the difference before it is committed.
        private static let isRecording = Lab.environment["FAULTD_RECORD_GOLDENS"] == "1"

        @Test(arguments: kinds) func rulesAreAsRecorded(_ kind: String) async throws {
            try await Lab.restoring { client in
                for example in try await client.kind(kind).document.examples {
                    let before = try await save()
                    let fault = try await client.create(FaultRequest(kind: kind, spec: example.spec, lease: .seconds(60))).document
                    let during = try await save()
                    _ = try await client.end(fault.id)
                    let after = try await save()
                    #expect(before == after, "\(example.title)")
                    try check("# \(kind): \(example.title)\n# before and after\n\(before)# during\n\(during)", "\(kind) \(example.title)")
                }
            }
        }

        @Test(arguments: kinds) func rulesInNftablesAreAsRecorded(_ kind: String) async throws {
            try await Nftables.configured { client in
                // Inside a container the rules are not in the node's own tables.
                for example in try await client.kind(kind).document.examples where example.spec["container"] == nil {
                    let fault = try await client.create(FaultRequest(kind: kind, spec: example.spec, lease: .seconds(60))).document
                    let during = try await table().replacing(fault.id.text, with: "ID")
                    _ = try await client.end(fault.id)
                    #expect(try await Lab.node("nft list table inet faultd").status != 0, "\(example.title)")
                    let typed = fault.changes.map(\.apply).filter { $0.hasPrefix("nft ") }
                    #expect(try await Lab.node(typed.joined(separator: " && ")).status == 0, "\(example.title)")
                    #expect(try await table().replacing(fault.id.text, with: "ID") == during, "\(example.title), typed as it is shown")
                    try await Lab.node("nft delete table inet faultd")
                    try check("# \(kind): \(example.title)\n\(during)", "nft \(kind) \(example.title)")
                }
            }
        }

        private func table() async throws -> String {
            try await Lab.node("nft list table inet faultd").text.replacing(/packets \d+ bytes \d+/, with: "packets n bytes n")
                .replacing(/timeout \w+ expires \w+/, with: "timeout T expires T")
        }

        /// Both families; what differs between runs (counters, dates, ids) is written as what it is.
        private func save() async throws -> String {
            let text = try await Lab.node("for t in iptables ip6tables; do echo \"== $t\"; $t-legacy-save -t filter; done").text
            let kept = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n") + "\n"
            return kept.replacing(/\[\d+:\d+\]/, with: "[n:n]")
                .replacing(/--datestop \S+/, with: "--datestop END")
                .replacing(/faultd:[0-9A-Z]{26}/, with: "faultd:ID")
        }

        private func check(_ text: String, _ title: String) throws {
            let name = title.lowercased().replacing(/[^a-z0-9]+/, with: "-") + ".txt"
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens/\(name)")
            if Self.isRecording {
                try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            let golden = try String(decoding: Data(contentsOf: file), as: UTF8.self)
            #expect(text == golden, "\(name)")
        }
    }
}
