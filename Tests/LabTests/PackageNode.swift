// A node of its own that the Debian package is installed on by apt, with no network: what a user does, and nothing of make install.
import FaultClient
import FaultModel
import Foundation
import Testing

struct PackageNode {
    private static let name = "parcel"

    /// The newest package that was made, or nil.
    static var package: String? {
        guard let lab = Lab.environment["FAULTD_LAB"] else { return nil }
        let folder = "\(repository(lab))/.build/dist"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("faultd_") && $0.hasSuffix(".deb") }.map { "\(folder)/\($0)" }.first
    }

    private static func repository(_ lab: String) -> String {
        URL(fileURLWithPath: lab).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    }

    /// Boots it, runs `body`, removes it whatever happens.
    static func with(_ body: (PackageNode) async throws -> Void) async throws {
        let node = PackageNode()
        let result: Result<Void, any Error>
        do {
            try await node.boot()
            result = .success(try await body(node))
        } catch { result = .failure(error) }
        _ = try await Lab.run(try Lab.setting("FAULTD_LAB"), "down", name)
        try result.get()
    }

    private func boot() async throws {
        // What keeps the node running must not keep the pipe that Process sees its child's end by.
        let alone = "for n in {3..99}; do eval \"exec $n>&-\"; done; exec \"$@\""
        let up = try await Lab.run("/bin/bash", "-c", alone, "up", try Lab.setting("FAULTD_LAB"), "up", Self.name, "plain")
        try #require(up.status == 0, "\(up.text)")
        try await pack()
        // Manual pages are left out of nodes otherwise, and a unit is there to be hit: it starts unless told not to.
        try await run(
            """
            rm -f /etc/dpkg/dpkg.cfg.d/*; mkdir -p /run/systemd/system
            printf '[Service]\\nExecStartPre=/bin/test ! -e /run/stubborn\\nExecStart=/bin/sleep inf\\n' >/run/systemd/system/calm.service
            systemctl daemon-reload; systemctl start calm
            """)
    }

    /// The package as it is, and again as a later version of itself.
    private func pack() async throws {
        let package = try #require(Self.package)
        let folder = "\(try Lab.setting("LAB"))/nodes/\(Self.name)/root/srv"
        let packed = try await Lab.run(
            "/bin/bash", "-euc",
            """
            cp '\(package)' '\(folder)/first.deb'
            work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            dpkg-deb -R '\(package)' "$work/tree"
            sed -i 's/^Version: .*/&+later/' "$work/tree/DEBIAN/control"
            dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/tree" '\(folder)/later.deb' >/dev/null
            """)
        try #require(packed.status == 0, "\(packed.text)")
    }

    /// A script in the node.
    @discardableResult
    func run(_ script: String) async throws -> Lab.Output {
        try await Lab.run(try Lab.setting("FAULTD_LAB"), "exec", Self.name, "sh", "-c", script)
    }

    func text(_ script: String) async throws -> String { try await run(script).text.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// apt-get as its user would, but for the questions.
    @discardableResult
    func apt(_ words: String) async throws -> Lab.Output {
        try await run("cd /srv && DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \(words)")
    }

    func asking<T: Sendable>(_ body: (FaultClient) async throws -> T) async throws -> T {
        let root = try await Lab.run(try Lab.setting("FAULTD_LAB"), "root", Self.name).text.trimmingCharacters(in: .whitespacesAndNewlines)
        return try await FaultClient.with(socket: root + "/run/faultd/faultd.sock", body)
    }

    /// One fault that the kernel holds and one that systemd does, for longer than the test takes.
    func hurt() async throws -> [FaultID] {
        let faults = try await asking { client in
            [
                try await client.inject("network.drop", ["protocol": "tcp", "port": "4443"], lease: "30m").id,
                try await client.inject("unit.stop", ["unit": "calm"], lease: "30m").id,
            ]
        }
        try #require(try await marks().contains("faultd:"), "the fault left no mark")
        try #require(try await text("systemctl is-active calm") == "inactive")
        return faults
    }

    /// Everything of faultd's that is in the kernel or in systemd.
    func marks() async throws -> String {
        try await text(
            "{ iptables-legacy-save; ip6tables-legacy-save; nft list ruleset; } 2>/dev/null | grep -i faultd; systemctl list-units --all --plain --no-legend 'faultd-*'; :"
        )
    }

    func isHealed() async throws -> Bool {
        let (marks, state) = (try await marks(), try await text("systemctl is-active calm"))
        return marks.isEmpty && state == "active"
    }

    /// What a package may leave behind: files, enabled units, rules. Not dpkg's own books, nor the copies of /etc/group that adding a group
    /// makes, nor folders of links to units: disabling one removes those that are empty.
    func sight() async throws -> String {
        try await text(
            """
            find /etc /usr /var /run -xdev \\( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /run/systemd \
            -o -path /run/udev -o -path /run/log -o -path /run/xtables.lock -o -path '/etc/*-' -o -path /etc/.pwd.lock -o -path '/var/lib/systemd/*' \\) \
            -prune -o ! -name '*.wants' -print | sort
            systemctl list-unit-files --plain --no-legend | sort
            systemctl list-units --all --plain --no-legend 'faultd*' calm.service
            """) + (try await marks())
    }
}
