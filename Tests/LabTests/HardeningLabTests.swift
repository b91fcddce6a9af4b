// faultd.service is limited, docs/hardening.md tells how and why not more, and its drop-ins do what is said there.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Hardening {
        /// One line of `systemd-analyze security --json=short`.
        private struct Exposure: Decodable {
            var set: Bool?
            var name: String
            var exposure: String?
        }

        @Test func systemdRatesItAtMostFour() async throws {
            // In tenths.
            let rated = try await Lab.node("systemd-analyze security --no-pager --threshold=40 faultd.service")
            #expect(rated.status == 0, "\(rated.text)")
        }

        @Test func whatStaysOpenIsWhatTheDocumentExplains() async throws {
            let json = try await Lab.node("systemd-analyze security --no-pager --json=short faultd.service").text
            let exposures = try JSONDecoder().decode([Exposure].self, from: Data(json.utf8))
            let open = Set(exposures.filter { $0.set == false && $0.exposure != nil }.map(\.name))
            try #require(open.contains("User=/DynamicUser="), "\(json)")
            #expect(open == Set(try Self.explained()))
        }

        /// The first column of the document's first table.
        private static func explained() throws -> [String] {
            let rows = try document().split(separator: "\n").drop { !$0.hasPrefix("| exposure |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
            return rows.compactMap { row in
                row.split(separator: "`").dropFirst().first.map { String($0).replacing("\\|", with: "|") }
            }
        }

        private static func document() throws -> String {
            let lab = URL(fileURLWithPath: try Lab.setting("FAULTD_LAB"))
            let repository = lab.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            return try String(contentsOf: repository.appendingPathComponent("docs/hardening.md"), encoding: .utf8)
        }

        // MARK: the daemon that runs

        @Test func theDaemonRunsWithTheRightsOfItsUnitAndNoMore() async throws {
            try await Lab.settled()
            let status = try await Lab.node("cat /proc/$(systemctl show -P MainPID faultd)/status").text
            let fields = Dictionary(
                status.split(separator: "\n").map { line in
                    let parts = line.split(separator: ":", maxSplits: 1)
                    return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
                }
            ) { first, _ in first }
            #expect(fields["NoNewPrivs"] == "1")
            #expect(fields["Seccomp"] == "2")
            // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_ADMIN, NET_RAW, SYS_PTRACE, SYS_ADMIN, SETFCAP (capabilities(7)).
            let rights = [0, 1, 3, 4, 5, 12, 13, 19, 21, 31].reduce(UInt64(0)) { $0 | 1 << $1 }
            for set in ["CapBnd", "CapEff"] { #expect(fields[set].flatMap { UInt64($0, radix: 16) } == rights, "\(set): \(fields[set] ?? "")") }
        }

        /// The unit has mounts of its own: they must not hold what the node lets go of.
        @Test func mountsComeAndGoForItAsForTheNode() async throws {
            try await Lab.settled()
            let folder = "$(docker inspect -f '{{.GraphDriver.Data.MergedDir}}' lab-mounted)"
            try await Lab.node(
                """
                docker run -d --name lab-mounted lab/work:local; echo \(folder) >/run/lab-mounted
                mkdir -p /srv/lab-before; mount -t tmpfs lab /srv/lab-before; systemctl restart faultd
                mkdir -p /srv/lab-after; mount -t tmpfs lab /srv/lab-after
                """)
            let seen = try await mountsOfDaemon()
            #expect(seen == "3", "the daemon sees \(seen) of 3 mounts")
            try await Lab.node("docker rm -f lab-mounted; umount /srv/lab-before /srv/lab-after")
            #expect(try await mountsOfDaemon() == "0")
            try await Lab.node("rmdir /srv/lab-before /srv/lab-after; rm /run/lab-mounted")
        }

        private func mountsOfDaemon() async throws -> String {
            let pid = "$(systemctl show -P MainPID faultd)"
            return try await Lab.node("grep -c -e \"$(cat /run/lab-mounted)\" -e /srv/lab- /proc/\(pid)/mountinfo").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// The daemon's own /dev has no disks; the node's is enough to tell which one is meant.
        @Test func aDiskIsFoundThoughFaultdHasNoDeviceOfIt() async throws {
            try await Lab.restoring { client in
                let number = try await Lab.node("ls /sys/dev/block | head -1 | tr : ' '").text.split(separator: " ").map { $0.filter(\.isNumber) }
                let root = try await Lab.run(try Lab.setting("FAULTD_LAB"), "root", try Lab.setting("FAULTD_LAB_NODE")).text
                // From outside: in the node nobody may.
                let device = root.trimmingCharacters(in: .whitespacesAndNewlines) + "/dev/lab-disk"
                let made = try await Lab.run(["/bin/mknod", device, "b"] + number)
                try #require(made.status == 0, "\(made.text)")
                let fields: KeyValuePairs = ["name": "^web$", "path": "/dev/lab-disk", "write_bps": "1MiB"]
                do { _ = try await client.inject("disk.throttle", fields) } catch {
                    // As far as a node gets that has no controller for disks.
                    #expect((error as? Problem)?.detail.contains("no io controller") == true, "\(error)")
                }
                _ = try await Lab.run("/bin/rm", device)
            }
        }

        // MARK: what is kept from it

        @Test func filesInHomesAreRefusedUntilADropInAllowsThem() async throws {
            let file = "/home/lab-file"
            try await Lab.restoring { client in
                try await Lab.node("echo mine > \(file)")
                let refused = await #expect(throws: Problem.self) { try await client.inject("file.corrupt", ["path": file]) }
                #expect(refused?.status == 422 && refused?.detail.contains("ProtectHome=") == true, "\(String(describing: refused))")
                // So little that it does no harm where it is let.
                let disk = await #expect(throws: Problem.self) { try await client.inject("disk.fill", ["path": "/home", "percent": "1"]) }
                #expect(disk?.detail.contains("ProtectHome=") == true, "\(String(describing: disk))")
                #expect(try await Lab.node("cat \(file)").text == "mine\n")
                try await Self.dressed("home") {
                    try await Lab.anew { client in
                        let fault = try await client.inject("file.corrupt", ["path": file])
                        #expect(try await Lab.node("cat \(file)").text != "mine\n")
                        #expect(try await client.end(fault.id).document.clean == true)
                    }
                }
                #expect(try await Lab.node("cat \(file); rm \(file)").text == "mine\n")
            }
        }

        @Test func forNetworkFaultsAloneLessIsEnough() async throws {
            try await Lab.restoring { _ in
                try await Self.dressed("network-only") {
                    let log = try await Lab.node("journalctl _PID=$(systemctl show -P MainPID faultd) -p warning -q --no-pager").text
                    #expect(log == "", "it starts without a complaint")
                    try await Lab.anew { client in try await Self.limited(client) }
                }
            }
        }

        private static func limited(_ client: FaultClient) async throws {
            let fault = try await client.inject("network.drop", ["protocol": "tcp", "port": "443"])
            #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
            #expect(try await client.end(fault.id).document.clean == true)
            #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
            let unit = try await client.inject("unit.stop", ["unit": "node-agent"])
            #expect(try await client.end(unit.id).document.clean == true)
            let inside = await #expect(throws: Problem.self) { try await client.inject("network.drop", ["port": "443", "container.name": "^web$"]) }
            #expect(inside?.status == 424 && inside?.hint?.contains("CAP_SYS_ADMIN") == true, "\(String(describing: inside))")
            try await Lab.node("echo data >/srv/lab-file")
            let file = await #expect(throws: Problem.self) { try await client.inject("file.corrupt", ["path": "/srv/lab-file"]) }
            #expect(try await Lab.node("cat /srv/lab-file; rm /srv/lab-file").text == "data\n")
            #expect(file?.status == 422 && file?.detail.contains("hardening.md") == true, "\(String(describing: file))")
        }

        /// Runs `body` while the unit has a drop-in that the document shows.
        private static func dressed(_ name: String, _ body: () async throws -> Void) async throws {
            let path = "/etc/systemd/system/faultd.service.d/\(name).conf"
            let blocks = try document().components(separatedBy: "```ini\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
            let text = try #require(blocks.first { $0.hasPrefix("# \(path)\n") }, "the document shows no \(path)")
            let folder = "/etc/systemd/system/faultd.service.d"
            try await Lab.node("mkdir -p \(folder); cat >\(path) <<'END'\n\(text)END\nsystemctl daemon-reload; systemctl restart faultd")
            do { try await body() } catch { Issue.record(error) }
            try await Lab.node("rm -r \(folder); systemctl daemon-reload; systemctl restart faultd")
            try await Lab.settled()
        }
    }
}
