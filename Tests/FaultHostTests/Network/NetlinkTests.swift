// What the kernel's lists mean, byte by byte, and that nothing is read which is not there.
import FaultModel
import Glibc
import Testing

@testable import FaultHost

@Suite struct NetlinkTests {
    private func read(_ datagram: [UInt8]) -> (code: Int32?, bodies: [[UInt8]]) {
        var bodies: [[UInt8]] = []
        let code = datagram.withUnsafeBytes { Netlink.read($0) { bodies.append(Array($1)) } }
        return (code, bodies)
    }

    private func gateways(_ route: [UInt8]) -> [String] { route.withUnsafeBytes { Routes.parse($0) }.map(\.text) }
    private func socket(_ body: [UInt8], where isWanted: (UInt16) -> Bool = { _ in true }) -> TCPSocket? {
        body.withUnsafeBytes { TCPSockets.parse($0, where: isWanted) }
    }

    @Test func aListEndsWithDone() {
        let (code, bodies) = read(Message.netlink(20, [1, 2, 3]) + Message.netlink(20, [4]) + Message.netlink(3, [0, 0, 0, 0]))
        #expect(code == 0)
        #expect(bodies == [[1, 2, 3], [4]])
    }

    @Test func moreIsToComeUntilThen() { #expect(read(Message.netlink(20, [1])).code == nil) }

    @Test func anErrorIsItsNumber() {
        #expect(read(Message.netlink(2, [0xFF, 0xFF, 0xFF, 0xFF])).code == EPERM)
        #expect(read(Message.netlink(3, [0xFE, 0xFF, 0xFF, 0xFF])).code == ENOENT)
        #expect(read(Message.netlink(4, [])).code == ENOBUFS)
    }

    @Test func aMessageThatIsCutShortIsAnError() {
        #expect(read(Message.netlink(20, [1, 2, 3, 4], length: 400)).code == EBADMSG)
        #expect(read(Message.netlink(20, [], length: 7)).code == EBADMSG)
        #expect(read([1, 2, 3]).code == EBADMSG)
    }

    @Test func noBytesWhateverTheySayAreReadBeyondTheirEnd() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...120)).map { _ in Bool.random() ? 0 : UInt8.random(in: 0...40, using: &random) }
            _ = read(bytes)
            #expect(gateways(bytes).count < 30)
            #expect(bytes.count >= 72 || socket(bytes) == nil)
        }
    }

    @Test func aDefaultRouteHasItsGateway() {
        #expect(gateways(Message.route(2, Message.attribute(15, [254, 0, 0, 0]) + Message.attribute(5, [10, 0, 0, 254]))) == ["10.0.0.254"])
        #expect(gateways(Message.route(10, Message.attribute(5, CIDR.host("fe80::1").bytes))) == ["fe80::1"])
    }

    @Test func aGatewayOfTheOtherFamilyIsOneToo() {
        #expect(gateways(Message.route(2, Message.attribute(18, [10, 0] + CIDR.host("fe80::7").bytes))) == ["fe80::7"])
    }

    @Test func everyWayOfARouteWithManyCounts() {
        let hops = Message.hop(Message.attribute(5, [10, 0, 0, 1])) + Message.hop(Message.attribute(5, [10, 0, 0, 2])) + Message.hop([])
        #expect(gateways(Message.route(2, Message.attribute(9, hops))) == ["10.0.0.1", "10.0.0.2"])
    }

    @Test func otherRoutesHaveNone() {
        let gateway = Message.attribute(5, [10, 0, 0, 254])
        #expect(gateways(Message.route(2, length: 8, gateway)).isEmpty)
        #expect(gateways(Message.route(2, table: 255, gateway)).isEmpty)
        #expect(gateways(Message.route(2, type: 7, gateway)).isEmpty)
        #expect(gateways(Message.route(2, Message.attribute(4, [2, 0, 0, 0]))).isEmpty)
    }

    @Test func aSocketIsItsTwoEnds() throws {
        let four = try #require(socket(Message.socket(2, [10, 0, 0, 1], 22, [10, 0, 0, 5], 50000, inode: 77)))
        #expect(four == TCPSocket(local: .host("10.0.0.1"), localPort: 22, remote: .host("10.0.0.5"), remotePort: 50000, inode: 77))
        let six = try #require(socket(Message.socket(10, CIDR.host("fd00::1").bytes, 22, CIDR.host("fd00::5").bytes, 9, inode: 1)))
        #expect(six.remote == .host("fd00::5"))
    }

    @Test func anIPv4ConnectionOfAnIPv6SocketIsIPv4() throws {
        let found = try #require(socket(Message.socket(10, CIDR.host("::ffff:10.0.0.1").bytes, 22, CIDR.host("::ffff:10.0.0.5").bytes, 9, inode: 1)))
        #expect(found.remote == .host("10.0.0.5"))
    }

    @Test func onlyTheInodesThatAreMeant() {
        let body = Message.socket(2, [10, 0, 0, 1], 22, [10, 0, 0, 5], 50000, inode: 77)
        #expect(socket(body) { $0 == 22 } != nil)
        #expect(socket(body) { $0 == 23 } == nil)
    }

    @Test(
        arguments: [
            (["Stream", "[::]:2222"], 2222), (["Stream", "0.0.0.0:22"], 22), (["Stream", "/run/sshd:1"], nil), (["Datagram", "[::]:22"], nil),
            ([], nil),
        ] as [([String], UInt16?)])
    func aSocketUnitsAddressIsAPort(_ item: ([String], UInt16?)) { #expect(Systemd.port(item.0) == item.1) }
}
