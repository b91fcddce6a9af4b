// The kernel's own lists, in a network namespace.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

extension InNamespace {
    @Suite struct LifelineLiveTests {
        private let shell = Shell(lock: "/dev/null")

        @Test func listenersAndConnectionsOfBothFamiliesAreSeen() throws {
            try shell.expect("ip link set lo up")
            let four = try Probe(port: 2201)
            let six = try Probe(tcp: "::1", port: 2202)
            let listeners = try TCPSockets.list(.listening)
            #expect(listeners.map(\.localPort).sorted() == [2201, 2202])
            #expect(Set(listeners.map(\.local)) == [.host("127.0.0.1"), .host("::1")])
            #expect(try ProcessTable.sockets(of: getpid()).isSuperset(of: listeners.map(\.inode)))
            let client = try Client(port: 2201)
            let found = try TCPSockets.list(.established).filter { $0.remotePort == 2201 }
            #expect(found.map(\.localPort) == [client.port])
            #expect(try TCPSockets.list(.established, inodes: [1]).isEmpty)
            withExtendedLifetime((four, six, client)) {}
        }

        @Test func defaultGatewaysOfBothFamiliesAreSeen() throws {
            #expect(try Routes.gateways().isEmpty)
            try shell.expect("ip link add gw0 type veth peer name gw1 && ip link set gw1 up && ip addr add 10.9.0.1/24 dev gw0 && ip link set gw0 up")
            defer { _ = try? shell.run("ip link del gw0") }
            try shell.expect("ip route add default via 10.9.0.254 && ip route add 10.8.0.0/16 via 10.9.0.7")
            try shell.expect("ip -6 addr add fd09::1/64 dev gw0 nodad")
            try shell.expect("ip -6 route add default nexthop via fd09::a dev gw0 nexthop via fd09::b dev gw0")
            try shell.expect("ip route add default via 10.9.0.66 table 100")
            #expect(try Set(Routes.gateways()) == [.host("10.9.0.254"), .host("fd09::a"), .host("fd09::b")])
        }

        /// This process takes the name for a moment.
        @Test func anSSHDIsKnownByItsNameAndItsSockets() async throws {
            try shell.expect("ip link set lo up")
            let name = try String(contentsOfFile: "/proc/self/comm", encoding: .utf8)
            try "sshd".write(toFile: "/proc/self/task/\(getpid())/comm", atomically: false, encoding: .utf8)
            defer { try? name.write(toFile: "/proc/self/task/\(getpid())/comm", atomically: false, encoding: .utf8) }
            let listener = try Probe(port: 2203)
            let found = await Network().lifelines(caller: getpid(), unitPorts: [22])
            #expect(found.unseen == nil)
            #expect(found.sshPorts == [22, 2203])
            #expect(found.sshPeers.isEmpty)
            withExtendedLifetime(listener) {}
        }

        @Test func withoutAnSSHDThereIsNothingToProtectAndNothingUnseen() async throws {
            let listener = try Probe(port: 2204)
            let found = await Network().lifelines(caller: getpid(), unitPorts: [])
            #expect(found == Lifelines())
            withExtendedLifetime(listener) {}
        }
    }
}

/// One TCP connection to a port of the loopback interface.
private final class Client {
    let port: UInt16
    private let file: Int32

    init(port: UInt16) throws {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(Probe.with("127.0.0.1", port) { connect(file, $0, $1) } == 0)
        var (address, size) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        self.file = file
        _ = withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file, $0, &size) } }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(file) }
}
