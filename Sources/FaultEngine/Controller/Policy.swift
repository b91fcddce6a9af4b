// What this node allows: the blast radius, whatever a caller asks.
public import FaultModel

/// Bounds on faults. Every value comes from the configuration; these are its defaults.
public struct Policy: Sendable, Hashable {
    public var defaultLease = Duration.seconds(300)
    public var maxLease = Duration.seconds(3600)
    /// Faults alive at once.
    public var maxFaults = 16
    /// Things that one fault may hit: units, containers.
    public var maxTargets = 32
    /// Kinds that are refused, as shell patterns.
    public var deniedKinds: [String] = []
    /// Refuse faults that nothing would end if the daemon died.
    public var requireBackstop = false
    /// Users, by name or uid, who may renew, end and take over what is not theirs; root always may.
    public var admins: [String] = []
    public var protection = Protection(ports: [PortRange(22, 22)], units: Policy.alwaysProtectedUnits)

    /// Without these nobody could take a fault back, or even look: they can be added to, not removed from.
    public static let alwaysProtectedUnits = [
        "faultd.service", "faultd.socket", "faultd-*", "init.scope", "-.mount", "-.slice", "system.slice", "dbus.service", "dbus.socket",
        "dbus-broker.service", "systemd-journald*", "systemd-logind.service", "systemd-udevd*", "ssh.service", "sshd.service", "ssh.socket",
        "sshd.socket", "sshd@*", "ssh@*", "user@*", "session-*", "sysinit.target", "basic.target", "multi-user.target", "graphical.target",
        "local-fs.target", "network.target", "sockets.target", "systemd-networkd*", "NetworkManager.service",
    ]

    public init() {}
}
