// Limits on containers: the part that container.limit and disk.throttle have in common.
import FaultModel

extension ContainerSelection {
    func plan(_ limits: [CgroupLimit], disk: String? = nil, on node: NodeView) throws(Problem) -> Plan {
        try plan(on: node, claiming: { pin in limits.map { .limit($0.resource, pin) } }) {
            .cgroups(CgroupChange(limits: limits, disk: disk, targets: $0))
        }
    }
}

enum LimitManual {
    static let undo = """
        Every value is put back as it was, if it is still ours. One that somebody else has set meanwhile stays, and is told as drift. With a \
        container that has ended its control group is gone, and the limit with it; one that was started again was never limited.
        """
    static let backstop = "systemd: a transient timer runs faultd revert for this fault half a second after the lease."
}
