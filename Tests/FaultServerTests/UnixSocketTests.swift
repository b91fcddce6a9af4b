// The socket's file: who may use it, whose it is, and what is never deleted.
import FaultModel
import FaultServer
import Foundation
import Testing

@Suite struct UnixSocketTests {
    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    @Test(arguments: [0o660, 0o600, 0o666] as [UInt32]) func theModeIsExactWhateverTheUmask(mode: UInt32) async throws {
        try await withTemporaryFolder { folder in
            _ = try UnixSocket.bind(path: folder + "/s", mode: mode)
            #expect(status(folder + "/s").map { $0.st_mode & 0o7777 } == mode_t(mode))
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root may give a file to another group")) func theGroupIsTheOneAskedFor() async throws {
        try await withTemporaryFolder { folder in
            _ = try UnixSocket.bind(path: folder + "/s", group: 4242)
            #expect(status(folder + "/s")?.st_gid == 4242)
            #expect(status(folder + "/s")?.st_uid == getuid())
        }
    }

    @Test func whatAKilledDaemonLeftIsReplaced() async throws {
        try await withTemporaryFolder { folder in
            let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (folder + "/s").utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            #expect(bound == 0)
            close(dead)
            let before = status(folder + "/s")?.st_ino
            _ = try UnixSocket.bind(path: folder + "/s")
            #expect(before != nil && status(folder + "/s") != nil)
        }
    }

    @Test func aLivingDaemonsSocketIsLeftAlone() async throws {
        try await withTemporaryFolder { folder in
            let first = try UnixSocket.bind(path: folder + "/s")
            let inode = status(folder + "/s")?.st_ino
            let problem = #expect(throws: Problem.self) { try UnixSocket.bind(path: folder + "/s") }
            #expect(problem?.detail == "another faultd answers on \(first.path)")
            #expect(status(folder + "/s")?.st_ino == inode)
        }
    }

    @Test func anotherFileIsNotDeleted() async throws {
        try await withTemporaryFolder { folder in
            try "precious".write(toFile: folder + "/s", atomically: false, encoding: .utf8)
            let problem = #expect(throws: Problem.self) { try UnixSocket.bind(path: folder + "/s") }
            #expect(problem?.detail == "\(folder)/s exists and is no socket")
            #expect(try String(contentsOfFile: folder + "/s", encoding: .utf8) == "precious")
        }
    }

    @Test(arguments: [
        ("/nowhere/at/all/s", "can't bind /nowhere/at/all/s: No such file or directory"), ("", "a socket's path must have 1 to 107 bytes: "),
    ])
    func whyItCannotBeIsSaid(path: String, expected: String) {
        let problem = #expect(throws: Problem.self) { try UnixSocket.bind(path: path) }
        #expect(problem?.detail == expected)
    }

    @Test func aPathThatIsTooLongIsRefused() {
        let problem = #expect(throws: Problem.self) { try UnixSocket.bind(path: "/tmp/" + String(repeating: "x", count: 103)) }
        #expect(problem?.type == .invalidField)
    }

    @Test func onlyAListeningUnixSocketCanBeTakenOver() {
        let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let idle = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { for descriptor in [tcp, idle] { close(descriptor) } }
        for descriptor in [tcp, idle, 9999] {
            let problem = #expect(throws: Problem.self) { try UnixSocket.inherited(descriptor: descriptor) }
            #expect(problem?.detail == "descriptor \(descriptor) is not a listening Unix socket")
        }
    }
}
