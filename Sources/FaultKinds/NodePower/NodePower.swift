// What node.reboot, node.poweroff and node.crash have in common.
import FaultModel

enum NodePower {
    static let delay = Field<Duration>(
        "delay", default: .seconds(1), "How long after the answer it happens; until then the fault can be taken back.",
        check: { $0 >= .milliseconds(500) ? nil : "must be at least 500ms, or the answer would be lost" })
    static let force = Field<Bool>("force", default: false, "At once, without stopping services: systemctl's --force.")

    static let touches = "The node as a whole: every process on it ends."
    static let backstop = "None is needed: a daemon that dies before the moment has come takes its intention with it."

    static func plan(_ act: PowerAct, force: Bool, delay: Duration) -> Plan {
        var plan = Plan()
        plan.changes = [.power(PowerChange(act, force: force, delay: delay.nanoseconds))]
        plan.claims = [Claim("node")]
        plan.targets = 1
        return plan
    }
}
