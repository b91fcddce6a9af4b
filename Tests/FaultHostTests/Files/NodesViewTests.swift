// What is kept from a process and not from the first one: a mount of its own stands for ProtectHome=.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

struct NodesViewTests {
    @Test func whatBothSeeIsKeptFromNobody() throws {
        let folder = try Folder()
        defer { folder.remove() }
        #expect(NodesView.keeps(folder.path) == nil)
        #expect(NodesView.keeps(folder.path + "/missing") == nil)
    }
}
