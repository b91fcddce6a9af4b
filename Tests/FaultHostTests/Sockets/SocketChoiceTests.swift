// Which connections are aborted, and which never are.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

@Suite struct SocketChoiceTests {
    private static func address(_ text: String) -> CIDR {
        guard let cidr = CIDR(text: text) else { preconditionFailure("\(text) is no address") }
        return cidr
    }

    private static func socket(_ local: String, _ localPort: UInt16, _ remote: String, _ remotePort: UInt16) -> TCPSocket {
        TCPSocket(local: address(local), localPort: localPort, remote: address(remote), remotePort: remotePort, inode: 1)
    }

    private let database = socket("10.0.0.1", 40000, "10.9.0.5", 5432)
    private let web = socket("10.0.0.1", 80, "192.0.2.7", 50000)
    private let session = socket("10.0.0.1", 8022, "10.9.0.6", 50001)
    private let login = socket("10.0.0.1", 22, "10.9.0.7", 50002)
    private let control = socket("fd00::1", 7443, "fd00::9", 50003)
    private let loop = [socket("127.0.0.1", 40001, "127.0.0.1", 8080), socket("::1", 40002, "::1", 8080)]
    private let talkWithItself = [socket("10.0.0.1", 40003, "10.0.0.1", 6443), socket("10.0.0.1", 6443, "10.0.0.1", 40003)]

    private var all: [TCPSocket] { [database, web, session, login, control] + loop + talkWithItself }
    private var spared: (ports: [PortRange], sessions: [SSHPeer]) {
        ([PortRange(22, 22), PortRange(7443, 7443)], [SSHPeer(address: session.remote, port: session.remotePort, localPort: session.localPort)])
    }

    private func victims(_ peers: [String]) -> Set<TCPSocket> {
        SocketChange(peers: peers.map(Self.address), sparedPorts: spared.ports, sparedSessions: spared.sessions).victims(among: all)
    }

    @Test func peersAreCutAndTheirLoginsAreNot() {
        #expect(victims(["10.9.0.0/16"]) == [database])
        #expect(victims(["192.0.2.7", "fd00::/8"]) == [web])
    }

    @Test func everythingIsAllButLifelinesAndTheNodesTalkWithItself() { #expect(victims([]) == [database, web]) }

    @Test func aSessionIsOneConnectionAndNotItsPeer() {
        let another = Self.socket("10.0.0.1", 8022, "10.9.0.6", 50009)
        let change = SocketChange(peers: [], sparedPorts: spared.ports, sparedSessions: spared.sessions)
        #expect(change.victims(among: all + [another]) == [database, web, another])
    }
}

extension InNamespace {
    @Suite struct SocketAbortTests {
        @Test func aConnectionIsAbortedOnBothEndsAndOthersStay() async throws {
            try await Tables.with { tables in
                let abort = try SocketAbort()
                try abort.requireSupport()
                // Two connections to two servers, each of which waits for words that never come.
                let script = """
                    import socket, sys
                    servers = [socket.create_server(("127.0.0.1", port)) for port in (7001, 7002)]
                    clients = [socket.create_connection(("127.0.0.1", port)) for port in (7001, 7002)]
                    print("up", flush=True)
                    try: clients[0].recv(1)
                    except OSError as error: print(error.errno, flush=True)
                    clients[1].settimeout(0.3)
                    try: clients[1].recv(1)
                    except TimeoutError: print("waits", flush=True)
                    """
                let out = "\(tables.shell.lock).out"
                let child = try Child("exec timeout 20 python3 -c '\(script)' > \(out)", lock: tables.shell.lock)
                defer {
                    child.kill()
                    unlink(out)
                }
                try tables.shell.expect("for i in $(seq 1000); do grep -q up \(out) && exit 0; sleep 0.01; done; exit 1")
                let victim = try #require(try TCPConnection.list().first { $0.socket.remotePort == 7001 })
                #expect(try abort.abort(victim))
                #expect(try !abort.abort(victim), "it is gone")
                child.wait()
                // ECONNABORTED; the other one is untouched.
                #expect(try tables.shell.expect("cat \(out)") == "up\n103\nwaits\n")
            }
        }
    }
}
