// Host names, with a resolver of the test's own.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

@Suite struct ResolverTests {
    @Test func namesThatResolveHaveTheirAddresses() async {
        let network = Network { $0 == "db" ? [.host("10.0.0.7"), .host("fd00::7")] : [] }
        #expect(await network.addresses(of: ["db", "nobody"]) == ["db": [.host("10.0.0.7"), .host("fd00::7")]])
        #expect(await network.addresses(of: []).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func aResolverThatHangsHoldsNobodyUp() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let reading = ends[0]
        let network = Network(patience: .milliseconds(50)) { _ in
            var byte: UInt8 = 0
            _ = read(reading, &byte, 1)
            return [.host("10.0.0.7")]
        }
        #expect(await network.addresses(of: ["db"]).isEmpty)
        close(ends[1])
    }
}
