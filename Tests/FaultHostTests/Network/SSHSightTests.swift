// Which connections are ssh, from what processes hold.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct SSHSightTests {
    private func listener(_ port: UInt16, _ inode: UInt32) -> TCPSocket {
        TCPSocket(local: .host("0.0.0.0"), localPort: port, remote: .host("0.0.0.0"), remotePort: 0, inode: inode)
    }

    private func connection(_ port: UInt16, from peer: String, _ peerPort: UInt16, _ inode: UInt32) -> TCPSocket {
        TCPSocket(local: .host("10.0.0.1"), localPort: port, remote: .host(peer), remotePort: peerPort, inode: inode)
    }

    private func peer(_ address: String, _ port: UInt16, to localPort: UInt16 = 2222) -> SSHPeer {
        SSHPeer(address: .host(address), port: port, localPort: localPort)
    }

    /// An sshd (10) on 2222 with two sessions: ana's (20, and 21 as herself), who forwards 8080 from here and reaches out to a database;
    /// and ben's (30). A web server has a connection of its own.
    private var sight: SSHSight {
        SSHSight(
            processes: [
                .init(pid: 10, sockets: [1, 2]), .init(pid: 20, sockets: [11]), .init(pid: 21, sockets: [11, 12, 13, 14]),
                .init(pid: 30, sockets: [21]),
            ],
            listeners: [listener(2222, 1), listener(8080, 12), listener(80, 99)],
            connections: [
                connection(2222, from: "10.0.0.5", 50000, 11), connection(8080, from: "10.0.0.9", 41000, 13),
                connection(45000, from: "10.0.0.7", 5432, 14), connection(2222, from: "fd00::6", 50001, 21),
                connection(80, from: "10.0.0.8", 40000, 98),
            ])
    }

    @Test func portsAndPeersWithoutWhatIsForwarded() {
        let found = sight.lifelines(caller: [])
        #expect(found.sshPorts == [2222])
        #expect(found.sshPeers == [peer("10.0.0.5", 50000), peer("fd00::6", 50001)])
        #expect(found.callerPeer == nil)
    }

    @Test func theCallerIsWhoeverTheNearestSessionBelongsTo() {
        #expect(sight.lifelines(caller: [4000, 3000, 21, 20, 10, 1]).callerPeer == peer("10.0.0.5", 50000))
        #expect(sight.lifelines(caller: [4000, 30, 10, 1]).callerPeer == peer("fd00::6", 50001))
        #expect(sight.lifelines(caller: [4000, 10, 1]).callerPeer == nil)
        #expect(sight.lifelines(caller: [4000, 1]).callerPeer == nil)
    }

    @Test func aDaemonThatIsJustAcceptingStaysADaemon() {
        var sight = sight
        sight.processes[0].sockets.insert(31)
        sight.connections.append(connection(2222, from: "10.0.0.77", 60000, 31))
        #expect(sight.lifelines(caller: []).sshPorts == [2222])
        #expect(sight.lifelines(caller: []).sshPeers.contains(peer("10.0.0.77", 60000)))
    }

    @Test func aSessionThatOutlivedItsDaemonKeepsItsPort() {
        var sight = sight
        sight.processes.removeFirst()
        sight.listeners.removeFirst()
        #expect(sight.lifelines(caller: []).sshPorts == [2222])
    }

    @Test func systemdsPortIsSshdsBeforeTheFirstLogin() {
        #expect(SSHSight(unitPorts: [22]).lifelines(caller: []).sshPorts == [22])
    }

    @Test func aPortOfAnotherSpaceIsNotOurs() {
        // An sshd in a container: its sockets are not in the lists of this network.
        #expect(SSHSight(processes: [.init(pid: 5, sockets: [700])], listeners: [listener(80, 99)]).lifelines(caller: []).sshPorts.isEmpty)
    }
}
