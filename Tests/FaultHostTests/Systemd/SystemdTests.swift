// Everything that needs a real manager runs one after the other: a reload by one test would delay another's timing.
import FaultModel
import Testing

@testable import FaultHost

@Suite("systemd", .serialized, .enabled(if: TestManager.address != nil, TestManager.reason), .timeLimit(.minutes(5)))
struct SystemdTests {}
