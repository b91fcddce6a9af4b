// The Debian package by the real apt: what is in force ends before its programs change or go, and a purge leaves nothing.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized, .enabled(if: PackageNode.package != nil, "there is no package: make deb")) struct Package {
        @Test func aPackagesLifeFromInstallationToPurge() async throws {
            try await PackageNode.with { node in
                let before = try await node.sight()
                try await installs(node)
                try await upgrades(node)
                try await refusesToGoWhileAFaultIsStuck(node)
                try await goesWithItsDaemonDead(node)
                try await comesBack(node)
                _ = try await node.hurt()
                let purged = try await node.apt("purge faultd")
                #expect(purged.status == 0, "\(purged.text)")
                #expect(try await node.isHealed())
                #expect(try await node.sight() == before)
            }
        }

        private func installs(_ node: PackageNode) async throws {
            let installed = try await node.apt("install ./first.deb")
            try #require(installed.status == 0, "\(installed.text)")
            #expect(try await node.text("systemctl is-active faultd; systemctl is-enabled faultd") == "active\nenabled")
            #expect(try await node.text("stat -c '%a %U %G' /run/faultd/faultd.sock /var/lib/faultd") == "660 root faultd\n700 root root")
            #expect(try await node.text("dpkg-query -W -f '${Conffiles}' faultd").contains("/etc/faultd/faultd.yaml"))
            #expect(try await node.run("faultd check-config && faultctl verify").status == 0)
            for page in ["man8/faultd.8", "man1/faultctl.1", "man5/faultd.yaml.5"] {
                #expect(try await node.text("zcat /usr/share/man/\(page).gz").contains(".Sh NAME"), "\(page)")
            }
            let completed =
                "cd / && . /usr/share/bash-completion/completions/faultctl && COMP_WORDS=(faultctl inj) COMP_CWORD=1 && _faultctl faultctl inj faultctl; echo ${COMPREPLY[*]}"
            #expect(try await node.text("bash -c '\(completed)'") == "inject")
        }

        /// The faults end by the version that made them; its history and the operator's configuration stay.
        private func upgrades(_ node: PackageNode) async throws {
            try await node.run("sed -i 's/^  #max_faults: .*/  max_faults: 7/' /etc/faultd/faultd.yaml; systemctl restart faultd")
            let faults = try await node.hurt()
            let process = try await node.text("systemctl show -P MainPID faultd")
            let upgraded = try await node.apt("install ./later.deb")
            try #require(upgraded.status == 0, "\(upgraded.text)")
            #expect(try await node.text("dpkg-query -W -f '${Version}' faultd").hasSuffix("+later"))
            #expect(try await node.isHealed())
            #expect(try await node.text("systemctl is-active faultd") == "active")
            #expect(try await node.text("systemctl show -P MainPID faultd") != process)
            #expect(try await node.text("faultd check-config").contains("max_faults       7"))
            try await isHistory(faults, endedBy: .shutdown, node)
        }

        private func isHistory(_ faults: [FaultID], endedBy cause: EndCause, _ node: PackageNode) async throws {
            for id in faults {
                let fault = try await node.asking { try await $0.fault(id).document }
                #expect(fault.state == .reverted && fault.clean == true && fault.ended_by == cause, "\(fault.kind) \(fault.state) \(fault.drift)")
            }
        }

        /// Without its programs nothing would ever undo it.
        private func refusesToGoWhileAFaultIsStuck(_ node: PackageNode) async throws {
            let faults = try await node.hurt()
            try await node.run("touch /run/stubborn")
            let refused = try await node.apt("remove faultd")
            #expect(refused.status != 0)
            #expect(refused.text.contains("without faultd nothing would undo them"), "\(refused.text)")
            #expect(try await node.run("faultctl --version").status == 0)
            try await node.run("rm /run/stubborn")
            try await Lab.eventually("it goes on trying, and has it undone", within: .seconds(60)) { try await node.isHealed() }
            #expect(try await node.text("systemctl is-active faultd") == "active")
            try await Lab.eventually("its fault is over", within: .seconds(30)) {
                try await node.asking { client in try await client.fault(faults[1]).document.state == .reverted }
            }
        }

        /// Neither the daemon nor its unit undoes anything: only the package's own script is left.
        private func goesWithItsDaemonDead(_ node: PackageNode) async throws {
            let folder = "/run/systemd/system/faultd.service.d"
            _ = try await node.hurt()
            try await node.run(
                """
                mkdir -p \(folder); printf '[Service]\\nRestart=no\\nExecStopPost=\\n' >\(folder)/dead.conf; systemctl daemon-reload
                systemctl kill -s KILL faultd; systemctl stop faultd; rm -r \(folder); systemctl daemon-reload
                """)
            #expect(try await node.isHealed() == false)
            let removed = try await node.apt("remove faultd")
            #expect(removed.status == 0, "\(removed.text)")
            #expect(try await node.isHealed())
            #expect(try await node.text("ls /usr/bin/faultd /usr/bin/faultctl /lib/systemd/system/faultd.service 2>/dev/null") == "")
            #expect(try await node.text("ls /var/lib/faultd/journal.sqlite") == "/var/lib/faultd/journal.sqlite")
        }

        private func comesBack(_ node: PackageNode) async throws {
            let installed = try await node.apt("install ./later.deb")
            try #require(installed.status == 0, "\(installed.text)")
            #expect(try await node.text("systemctl is-active faultd") == "active")
            let history = try await node.asking { try await $0.faults().document.items }
            #expect(history.count == 6 && history.allSatisfy { $0.state == .reverted && $0.clean == true }, "\(history.map(\.state))")
        }
    }
}
