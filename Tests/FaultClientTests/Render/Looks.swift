// How goldens are rendered: no colours, a time that stands still.
import FaultModel

@testable import faultctl

/// 21:15:48 UTC, 48 seconds after everything in the samples happened.
let goldenLook = Look(now: Samples.time + .seconds(48))

func goldenText(_ lines: [Styled]) -> String { goldenLook.text(lines) }
