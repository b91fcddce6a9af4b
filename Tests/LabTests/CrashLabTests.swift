// The daemon killed: at chosen system calls, and at random under load. The short forms of what `make soak` does in full.
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Crash {
        @Test func atSystemCallsHostCallsAndJournalCalls() async throws { try await soak("sweep", "--short") }

        @Test func atRandomUnderLoad() async throws { try await soak("storm", "40") }

        /// Exits with a failure when anything is left, and prints a table.
        private func soak(_ program: String, _ argument: String) async throws {
            try await Lab.settled()
            let folder = URL(fileURLWithPath: try Lab.setting("FAULTD_LAB_CAST")).deletingLastPathComponent().deletingLastPathComponent()
            let output = try await Lab.run(folder.path + "/soak/" + program, argument)
            print(output.text)
            #expect(output.status == 0)
        }
    }
}
