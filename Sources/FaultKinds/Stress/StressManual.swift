// What the reference says of every kind that runs workers, each with its own first sentence.
import FaultModel

extension KindManual {
    static func workers(touches: String, more undo: String = "", next: String) -> KindManual {
        KindManual(
            touches: touches + """
                 It runs in a transient unit faultd-worker-ID-1.service, as the first to be killed when memory runs out (OOMScoreAdjust=1000); asked \
                to run inside a unit or container, in a control group of its own below theirs.
                """,
            undo: """
                The unit is stopped with SIGKILL, all its processes with it, and its control groups are removed. One that has ended by itself \
                before, or was stopped by somebody else, is told as drift while the fault lasts, and is not started again.
                """ + (undo.isEmpty ? "" : " " + undo),
            backstop: """
                systemd: a transient timer stops the worker half a second after the lease, with no program of faultd's, and then runs faultd revert \
                for what it left. RuntimeMaxSec= ends it a day after its first lease in any case.
                """,
            next: next)
    }
}

/// What a fault leaves of everything that can run out.
enum Rest {
    /// Bytes of memory: 128 MiB, or a twentieth of all if that is more.
    static func memory(of total: Int64) -> Int64 { max(128 << 20, total / 20) }
    static let tasks = 512
    static let files = 4096

    static func require(_ wanted: Int, of left: Int, rest: Int, _ what: String, _ field: String) throws(Problem) {
        guard wanted > left - rest else { return }
        throw Problem(
            .impossible, "\(wanted) \(what) would leave the node too few: there may be \(left) more, and \(rest) stay free",
            hint: "take at most \(max(0, left - rest))", errors: [.init("spec.\(field)", "must be at most \(max(0, left - rest)) now")])
    }
}

extension NodeView {
    func known() throws(Problem) -> NodeResources {
        guard let resources else { throw Problem(.internalError, "the node's resources were not looked at") }
        return resources
    }
}
