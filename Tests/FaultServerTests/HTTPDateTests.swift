// The Date header.
import FaultModel
import Testing

@testable import FaultServer

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_164_800_500, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] as [(Int64, String)])
    func isWrittenAsHTTPWantsIt(milliseconds: Int64, expected: String) {
        #expect(HTTPDate.text(Timestamp(milliseconds: milliseconds)) == expected)
    }
}
