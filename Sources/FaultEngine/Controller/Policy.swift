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
    public var protection = Protection(ports: [PortRange(22, 22)], units: Policy.alwaysProtectedUnits, paths: Policy.alwaysProtectedPaths)

    /// Without these nobody could take a fault back, or even look: they can be added to, not removed from.
    public static let alwaysProtectedUnits = [
        "faultd.service", "faultd.socket", "faultd-*", "init.scope", "-.mount", "-.slice", "system.slice", "dbus.service", "dbus.socket",
        "dbus-broker.service", "systemd-journald*", "systemd-logind.service", "systemd-udevd*", "ssh.service", "sshd.service", "ssh.socket",
        "sshd.socket", "sshd@*", "ssh@*", "user@*", "session-*", "sysinit.target", "basic.target", "multi-user.target", "graphical.target",
        "local-fs.target", "network.target", "sockets.target", "systemd-networkd*", "NetworkManager.service",
    ]

    /// The same of files: the kernel's, what boots and mends the node, who may log in, and faultd's own.
    public static let alwaysProtectedPaths = [
        "/proc", "/sys", "/dev", "/boot", "/efi", "/run/systemd", "/run/dbus", "/run/faultd", "/var/lib/faultd", "/etc/faultd", "/usr/bin/faultd",
        "/usr/bin/faultctl", "/usr/lib/systemd", "/lib/systemd", "/etc/systemd/system.conf", "/usr/lib/modules", "/usr/lib*/ld-*",
        "/usr/lib*/libc.so*",
        "/usr/lib*/libsystemd*", "/usr/bin/bash", "/usr/bin/dash", "/usr/bin/sh", "/usr/bin/systemctl", "/usr/bin/sudo", "/usr/bin/su",
        "/usr/sbin/sshd", "/etc/ssh", "*/.ssh", "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/pam.d",
        "/etc/security", "/etc/sudoers", "/etc/sudoers.d", "/etc/nsswitch.conf", "/etc/fstab", "/etc/ld.so*",
    ]

    public init() {}
}
