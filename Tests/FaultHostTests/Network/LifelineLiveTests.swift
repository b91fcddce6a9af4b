// The kernel's own lists, in a network namespace.
import FaultModel
import Foundation
import Synchronization
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
            #expect(try TCPSockets.list(.established) { $0 == 1 }.isEmpty)
            // Nobody holds it before it is accepted.
            #expect(try WaysIn(listeners: listeners).connections.isEmpty)
            let accepted = try four.accepted()
            let ways = try WaysIn(listeners: listeners)
            // Its other end came in by a port that somebody listens on; itself it left.
            #expect(ways.connections.map(\.localPort) == [2201])
            withExtendedLifetime((four, six, client, accepted)) {}
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

        /// What is under test, and what it was asked for meanwhile.
        private final class Scene: Sendable {
            let time = Atomic<Int64>(0)
            let asked = Atomic(0)
            let thread = DedicatedThread(name: "test")

            func look(_ ports: [UInt16] = []) -> LifelineLook {
                LifelineLook(
                    kernel: thread,
                    unitPorts: { [self] in
                        asked.add(1, ordering: .relaxed)
                        return .success(ports)
                    }, now: { [self] in time.load(ordering: .relaxed) })
            }

            /// This process takes the name for a moment.
            func calledSSHD<T>(_ body: () async throws -> T) async throws -> T {
                let name = try String(contentsOfFile: "/proc/self/comm", encoding: .utf8)
                let file = "/proc/self/task/\(getpid())/comm"
                try "sshd".write(toFile: file, atomically: false, encoding: .utf8)
                defer { try? name.write(toFile: file, atomically: false, encoding: .utf8) }
                return try await body()
            }
        }

        private func ports(_ sight: LifelineSight) -> [UInt16] { sight.ssh.lifelines(caller: []).sshPorts }

        @Test func anSSHDIsKnownByItsNameAndItsSockets() async throws {
            try shell.expect("ip link set lo up")
            let scene = Scene()
            let listener = try Probe(port: 2203)
            let sight = try await scene.calledSSHD { await scene.look([22]).sight() }
            let found = await Network().lifelines(caller: getpid(), in: sight)
            #expect(found.unseen == nil)
            #expect(found.sshPorts == [22, 2203])
            #expect(found.sshPeers.isEmpty)
            withExtendedLifetime(listener) {}
        }

        @Test func withoutAnSSHDThereIsNothingToProtectAndNothingUnseen() async throws {
            let listener = try Probe(port: 2204)
            let found = await Network().lifelines(caller: getpid(), in: Scene().look().sight())
            #expect(found == Lifelines())
            withExtendedLifetime(listener) {}
        }

        /// Processes and systemd are asked when there is a socket that was not there before, and only then.
        @Test func whatIsNewIsLookedAtAndWhatIsNotIsRemembered() async throws {
            try shell.expect("ip link set lo up")
            let scene = Scene()
            let web = try Probe(port: 2210)
            let look = scene.look([22])
            #expect(ports(await look.sight()) == [22])
            // Were processes gone through now, this one would be an sshd.
            try await scene.calledSSHD { #expect(ports(await look.sight()) == [22]) }
            #expect(scene.asked.load(ordering: .relaxed) == 1)
            let daemon = try Probe(port: 2211)
            try await scene.calledSSHD { #expect(ports(await look.sight()) == [22, 2210, 2211]) }
            #expect(scene.asked.load(ordering: .relaxed) == 2)
            #expect(ports(await look.sight()) == [22, 2210, 2211])
            #expect(scene.asked.load(ordering: .relaxed) == 2)
            withExtendedLifetime((web, daemon)) {}
        }

        /// systemd and inetd accept, and start sshd with what they have accepted.
        @Test func aYoungConnectionIsLookedAtAgain() async throws {
            try shell.expect("ip link set lo up")
            let scene = Scene()
            let listener = try Probe(port: 2212)
            let look = scene.look()
            _ = await look.sight()
            let client = try Client(port: 2212)
            let accepted = try listener.accepted()
            // Connections are not asked for again so soon.
            scene.time.store(Duration.milliseconds(100).nanoseconds, ordering: .relaxed)
            #expect(ports(await look.sight()).isEmpty)
            scene.time.store(Duration.seconds(9).nanoseconds, ordering: .relaxed)
            try await scene.calledSSHD { #expect(ports(await look.sight()) == [2212]) }
            #expect(ports(await look.sight()) == [2212])
            withExtendedLifetime((listener, client, accepted)) {}
        }

        @Test func anOldConnectionIsBelieved() async throws {
            try shell.expect("ip link set lo up")
            let scene = Scene()
            let listener = try Probe(port: 2213)
            let look = scene.look()
            let client = try Client(port: 2213)
            let accepted = try listener.accepted()
            _ = await look.sight()
            scene.time.store(Duration.seconds(11).nanoseconds, ordering: .relaxed)
            _ = await look.sight()
            try await scene.calledSSHD { #expect(ports(await look.sight()).isEmpty) }
            withExtendedLifetime((listener, client, accepted)) {}
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
