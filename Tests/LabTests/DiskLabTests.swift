// A filesystem without room, seen by df and by who writes to it. The node's own is the machine's: only small ones of their own are filled.
import FaultClient
import FaultModel
import Testing

extension LabSuite {
    @Suite(.serialized) struct DiskRoom {
        /// A filesystem of 32 MiB at /srv/small, of which 4 are used.
        private func onSmallFilesystem(_ body: (FaultClient) async throws -> Void) async throws {
            try await Lab.node("mkdir -p /srv/small; mount -t tmpfs -o size=32m small /srv/small; head -c 4M /dev/zero >/srv/small/data")
            try await Lab.restoring { client in
                let before = try await room()
                try await body(client)
                _ = try await client.endAll()
                #expect(try await room() == before)
                #expect(try await Lab.node("ls -A /srv/small").text == "data\n")
            }
            #expect(try await Lab.node("ls -A /var/lib/faultd/undo").text == "")
            try await Lab.node("umount -l /srv/small; rmdir /srv/small")
        }

        private func room() async throws -> Int {
            let text = try await Lab.node("df -B1 --output=avail /srv/small | tail -1").text
            return try #require(Int(text.filter(\.isNumber)))
        }

        /// Whether a block of 64 KiB can be written there.
        private func canWrite() async throws -> Bool {
            let written = try await Lab.node("head -c 64K /dev/zero >/srv/small/probe; s=$?; rm -f /srv/small/probe; exit $s")
            return written.status == 0
        }

        @Test func writersFindNoRoomAndThenFindItAgain() async throws {
            try await onSmallFilesystem { client in
                let fault = try await client.inject("disk.fill", ["path": "/srv/small", "percent": "100"])
                #expect(fault.backstop?.by == "systemd")
                #expect(try await room() == 0)
                #expect(try await canWrite() == false)
                #expect(fault.evidence.observations?.first?.state.hasPrefix("100% full") == true)
                let ended = try await client.end(fault.id).document
                #expect(ended.clean == true, "\(ended.drift)")
                #expect(try await canWrite())
            }
        }

        @Test func asMuchIsLeftAsWasAskedFor() async throws {
            try await onSmallFilesystem { client in
                _ = try await client.inject("disk.fill", ["path": "/srv/small", "leave": "3MiB"])
                #expect(try await room() == 3 << 20)
                #expect(try await canWrite())
            }
        }

        @Test func withTheDaemonDeadTheTimerFreesIt() async throws {
            try await onSmallFilesystem { client in
                let before = try await room()
                let fault = try await client.inject("disk.fill", ["path": "/srv/small", "percent": "100"], lease: "3s")
                try await Dead.meanwhile {
                    #expect(try await room() == 0)
                    try await Lab.eventually("the timer frees it", within: .seconds(20)) { try await room() == before }
                }
                let ended = try await Lab.anew { try await $0.fault(fault.id).document }
                #expect(ended.state == .reverted && ended.ended_by == .backstop && ended.clean == true)
            }
        }

        @Test func withTheJournalLostTheNoteFreesIt() async throws {
            try await onSmallFilesystem { client in
                let before = try await room()
                _ = try await client.inject("disk.fill", ["path": "/srv/small", "percent": "100"])
                try await Dead.meanwhile { try await Lab.node("rm -f /var/lib/faultd/journal.sqlite*") }
                #expect(try await room() == before)
            }
        }

        /// 80 MiB for the journal: 64 stay free, the fault is granted and ended.
        @Test func theJournalKeepsItsRest() async throws {
            try await Lab.restoring { _ in
                try await Lab.node("systemctl stop faultd; mount -t tmpfs -o size=100m,mode=700 small /var/lib/faultd; systemctl start faultd")
                try await Lab.settled()
                try await Lab.anew { client in
                    let fault = try await client.inject("disk.fill", ["path": "/var/lib/faultd", "percent": "100"])
                    #expect(fault.notes.contains { $0.contains("64 MiB stay free") }, "\(fault.notes)")
                    let left = Int(try await Lab.node("df -BM --output=avail /var/lib/faultd | tail -1").text.filter(\.isNumber)) ?? 0
                    #expect((60...64).contains(left), "\(left) MiB are left")
                    #expect(try await client.end(fault.id).document.clean == true)
                }
                try await Lab.node("systemctl stop faultd; umount -l /var/lib/faultd; systemctl start faultd")
                try await Lab.settled()
            }
        }

        @Test func theWrongWay() async throws {
            try await onSmallFilesystem { client in
                for (fields, status): (KeyValuePairs<String, String>, Int) in [
                    (["path": "/srv/small"], 400), (["path": "srv", "percent": "50"], 400), (["path": "/srv/small", "percent": "101"], 400),
                    (["path": "/srv/small", "percent": "5"], 422), (["path": "/srv/small/data", "percent": "50"], 422),
                    (["path": "/nowhere", "percent": "50"], 422), (["path": "/proc", "percent": "50"], 422),
                    (["path": "/bin", "percent": "99"], 422),
                ] {
                    let problem = await #expect(throws: Problem.self) { try await client.inject("disk.fill", fields) }
                    #expect(problem?.status == status, "\(fields): \(String(describing: problem))")
                }
                _ = try await client.inject("disk.fill", ["path": "/srv/small", "percent": "50"])
                let clash = await #expect(throws: Problem.self) { try await client.inject("disk.fill", ["path": "/srv/small", "percent": "90"]) }
                #expect(clash?.status == 409)
            }
        }
    }
}
