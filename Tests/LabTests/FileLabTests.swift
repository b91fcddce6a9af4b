// Files that are gone, cut, changed or closed, seen by who reads them; and afterwards, to the byte, as they were.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct FilesOfOthers {
        /// Everything that could have changed: inode, size, mode, owner, time, links and content.
        private static let sight = "cd /srv/app && ls -A && stat -c '%n %i %s %a %u:%g %Y %h' * && sha256sum *"

        private func withFiles(rebooting: Bool = false, _ body: (FaultClient) async throws -> Void) async throws {
            try await Lab.node(
                """
                mkdir -p /srv/app; cd /srv/app; head -c 1M /dev/urandom >data.db; echo 'port: 80' >config.yaml; cp config.yaml rights.yaml
                head -c 100K /dev/urandom >tail.log; chown 65534:65534 *; chmod 640 data.db; chmod 4711 rights.yaml; ln data.db link.db
                touch -d '2020-01-01 00:00:00.123' *; ln -s data.db alias.db
                """)
            let before = try await Lab.node(Self.sight).text
            try await (rebooting ? Lab.restoringOverABoot : Lab.restoring) { client in
                try await body(client)
                try await Lab.anew { _ = try await $0.endAll() }
            }
            #expect(try await Lab.node(Self.sight).text == before)
            #expect(try await Lab.node("ls -A /var/lib/faultd/undo").text == "")
            try await Lab.node("rm -r /srv/app")
        }

        @discardableResult
        private func injectAll(_ client: FaultClient, lease: String = "60s") async throws -> [FaultID] {
            [
                try await client.inject("file.delete", ["path": "/srv/app/config.yaml"], lease: lease).id,
                try await client.inject("file.permission", ["path": "/srv/app/rights.yaml", "uid": "0"], lease: lease).id,
                try await client.inject("file.truncate", ["path": "/srv/app/tail.log", "size": "1K"], lease: lease).id,
                try await client.inject("file.corrupt", ["path": "/srv/app/data.db", "bytes": "10K", "seed": "7"], lease: lease).id,
            ]
        }

        @Test func aDeletedFileIsGoneForWhoOpensItAndNotForWhoHasIt() async throws {
            try await withFiles { client in
                try await Lab.node(
                    "sh -c 'exec 3</srv/app/config.yaml; touch /run/holding; sleep 2; cat <&3 >/run/held' & until [ -e /run/holding ]; do :; done")
                let fault = try await client.inject("file.delete", ["path": "/srv/app/config.yaml"])
                #expect(try await Lab.node("cat /srv/app/config.yaml").text.contains("No such file"))
                try await Lab.eventually("who has it open reads it", within: .seconds(10)) {
                    try await Lab.node("cat /run/held").text == "port: 80\n"
                }
                #expect(try await client.end(fault.id).document.clean == true)
                #expect(try await Lab.node("cat /srv/app/config.yaml; rm /run/held /run/holding").text == "port: 80\n")
            }
        }

        @Test func aFileOfAnotherModeIsClosedToItsReader() async throws {
            try await withFiles { client in
                let read = "setpriv --reuid 65534 --regid 65534 --clear-groups cat /srv/app/config.yaml"
                #expect(try await Lab.node(read).status == 0)
                let fault = try await client.inject("file.permission", ["path": "/srv/app/config.yaml"])
                #expect(try await Lab.node(read).text.contains("Permission denied"))
                _ = try await client.end(fault.id)
                #expect(try await Lab.node(read).status == 0)
            }
        }

        @Test func aTruncatedFileIsShortAndACorruptOneDiffersInJustSoManyBytes() async throws {
            try await withFiles { client in
                try await Lab.node("cp /srv/app/data.db /run/data.db")
                try await injectAll(client)
                #expect(try await Lab.node("stat -c %s /srv/app/tail.log").text == "1024\n")
                #expect(try await Lab.node("stat -c '%u %a' /srv/app/rights.yaml").text == "0 711\n")
                #expect(try await Lab.node("cmp -l /srv/app/data.db /run/data.db | wc -l; rm /run/data.db").text == "10240\n")
                #expect(try await client.verify().document.faults.allSatisfy { $0.drift.isEmpty })
            }
        }

        @Test func withTheDaemonDeadTheTimersPutThemBack() async throws {
            try await withFiles { client in
                let before = try await Lab.node(Self.sight).text
                try await injectAll(client, lease: "4s")
                try await Dead.meanwhile {
                    #expect(try await Lab.node(Self.sight).text != before)
                    try await Lab.eventually("the timers put them back", within: .seconds(20)) { try await Lab.node(Self.sight).text == before }
                }
            }
        }

        @Test func aPowerCutDoesNotKeepThem() async throws {
            try await withFiles(rebooting: true) { client in
                let faults = try await injectAll(client)
                try await Lab.node("sync")
                try await labnode("crash")
                try await labnode("boot")
                try await Lab.node("docker start batch")
                try await Lab.settled()
                for id in faults {
                    let fault = try await Lab.anew { try await $0.fault(id).document }
                    #expect(fault.state == .reverted && fault.ended_by == .reboot && fault.clean == true, "\(fault.kind): \(fault.drift)")
                }
            }
        }

        @Test func withTheJournalLostTheNotesPutThemBack() async throws {
            try await withFiles { client in
                let before = try await Lab.node(Self.sight).text
                try await injectAll(client)
                try await Dead.meanwhile { try await Lab.node("rm -f /var/lib/faultd/journal.sqlite*") }
                #expect(try await Lab.node(Self.sight).text == before)
            }
        }

        @Test func theWrongWay() async throws {
            try await withFiles { client in
                for (kind, path, status) in [
                    ("file.delete", "/etc/ssh/ssh_config", 403), ("file.corrupt", "/usr/bin/faultd", 403),
                    ("file.truncate", "/var/lib/faultd/journal.sqlite", 403),
                    ("file.delete", "/srv/app/alias.db", 422), ("file.delete", "/srv/app", 422), ("file.delete", "/srv/app/none", 422),
                    ("file.delete", "app/data.db", 400), ("file.delete", "/srv/app/../app/data.db", 400), ("file.delete", "/etc/passwd", 403),
                ] {
                    try await Lab.node("mkdir -p /etc/ssh; touch -a /etc/ssh/ssh_config")
                    let problem = await #expect(throws: Problem.self) { try await client.inject(kind, ["path": path]) }
                    #expect(problem?.status == status, "\(kind) \(path): \(String(describing: problem))")
                }
                _ = try await client.inject("file.delete", ["path": "/srv/app/data.db"])
                // A hard link is the same file.
                let clash = await #expect(throws: Problem.self) { try await client.inject("file.corrupt", ["path": "/srv/app/link.db"]) }
                #expect(clash?.status == 409)
            }
        }

        private func labnode(_ command: String) async throws {
            let output = try await Lab.run(try Lab.setting("FAULTD_LAB"), command, try Lab.setting("FAULTD_LAB_NODE"))
            #expect(output.status == 0, "\(output.text)")
        }
    }
}
