// Entering network namespaces: the right one, whoever is left in it, and none in place of one that is gone.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

/// Processes in a network namespace of their own, which ends with the last of them.
private final class Room {
    private var processes: [Child] = []
    let shell: Shell

    init(_ shell: Shell) throws {
        self.shell = shell
        try add("exec unshare -n sleep 60")
        let own = try NetworkNamespace.own().inode
        try wait { try self.identity().map { $0.inode != own } ?? false }
    }

    var first: pid_t { processes[0].pid }
    func identity() throws -> NamespaceIdentity? { try NetworkNamespace.identity(at: "/proc/\(first)/ns/net") }

    func pin() throws -> NamespacePin {
        let identity = try #require(try identity())
        return NamespacePin(container: FaultHostTests.pin(), pid: first, inode: identity.inode, cookie: identity.cookie)
    }

    /// Another process in it, as a second container of a pod.
    func join() throws {
        let inode = try #require(try identity()).inode
        let child = try add("exec nsenter -t \(first) -n sleep 60")
        try wait { NamespaceSearch.namespace("/proc/\(child.pid)/ns/net")?.inode == inode }
    }

    func endFirst() { processes[0].kill() }
    func end() { for process in processes { process.kill() } }

    @discardableResult private func add(_ line: String) throws -> Child {
        let child = try Child(line, lock: shell.lock)
        processes.append(child)
        return child
    }

    private func wait(until isSo: () throws -> Bool) throws {
        for _ in 0..<2000 {
            if try isSo() { return }
            usleep(5000)
        }
        Issue.record("the process did not get there in 10 s")
    }

    /// Runs `body` with a room and ends everything in it.
    static func with(_ body: (Room, Tables) async throws -> Void) async throws {
        try await Tables.with { tables in
            let room = try Room(tables.shell)
            defer { room.end() }
            try await body(room, tables)
        }
    }
}

private struct Interfaces {
    /// As the calling thread's network has them.
    static var count: Int { ((try? String(contentsOfFile: "/proc/thread-self/net/dev", encoding: .utf8))?.split(separator: "\n").count ?? 0) - 2 }
}

extension InNamespace {
    @Suite struct NamespaceTests {
        @Test func workIsDoneInsideAndTheCallerStaysOutside() async throws {
            try await Room.with { room, tables in
                try tables.shell.expect("ip link add faultd-t type bridge; nsenter -t \(room.first) -n ip link add faultd-in type bridge")
                defer { _ = try? tables.shell.run("ip link del faultd-t") }
                let index = try NetworkNamespace.run(room.pin()) { () throws(Problem) in (if_nametoindex("faultd-in"), if_nametoindex("faultd-t")) }
                #expect(try #require(index).0 > 0 && #require(index).1 == 0)
                #expect(if_nametoindex("faultd-in") == 0 && if_nametoindex("faultd-t") > 0)
                #expect(try NetworkNamespace.run(nil) { () throws(Problem) in if_nametoindex("faultd-t") } == if_nametoindex("faultd-t"))
                let inside = try NetworkNamespace.run(room.pin()) { () throws(Problem) in Interfaces.count }
                #expect(inside == 2 && Interfaces.count == 2)
            }
        }

        @Test func errorsOfTheWorkComeBack() async throws {
            try await Room.with { room, _ in
                let pin = try room.pin()
                #expect(throws: Problem(.noEffect, "nothing")) {
                    try NetworkNamespace.run(pin) { () throws(Problem) in throw Problem(.noEffect, "nothing") }
                }
            }
        }

        @Test func aNamespaceThatIsGoneIsNil() async throws {
            try await Room.with { room, _ in
                let pin = try room.pin()
                room.end()
                #expect(try NetworkNamespace.run(pin) { () throws(Problem) in true } == nil)
            }
        }

        @Test func whoeverIsLeftInItLeadsThere() async throws {
            try await Room.with { room, _ in
                let pin = try room.pin()
                try room.join()
                room.endFirst()
                #expect(try NetworkNamespace.run(pin) { () throws(Problem) in true } == true)
            }
        }

        @Test func aMountLeadsThereWithoutAProcess() async throws {
            try await Room.with { room, tables in
                let pin = try room.pin()
                let place = FileManager.default.temporaryDirectory.appendingPathComponent("faultd test \(UUID().uuidString)").path
                try tables.shell.expect("touch '\(place)' && mount --bind /proc/\(room.first)/ns/net '\(place)'")
                defer { _ = try? tables.shell.run("umount '\(place)'; rm '\(place)'") }
                room.end()
                #expect(
                    NamespaceSearch.mounted(in: try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8), below: "").contains {
                        $0.place == place
                    })
                // Only where the first process sees this test's mounts.
                if NamespaceSearch.mounted().contains(where: { $0.inode == pin.inode }) {
                    #expect(try NetworkNamespace.run(pin) { () throws(Problem) in true } == true)
                }
            }
        }

        /// The kernel gives an inode's number again soon; the cookie tells.
        @Test func anotherWithTheSameNumberIsNotTakenForIt() async throws {
            try await Room.with { room, _ in
                var pin = try room.pin()
                pin.cookie = try #require(pin.cookie) + 1
                #expect(try NetworkNamespace.run(pin) { () throws(Problem) in true } == nil)
                pin = try room.pin()
                pin.inode += 1
                #expect(try NetworkNamespace.run(pin) { () throws(Problem) in true } == nil)
            }
        }

        @Test func rulesGoInsideAndComeOutAgain() async throws {
            try await Room.with { room, tables in
                let outside = try tables.saved()
                let list = "nsenter -t \(room.first) -n iptables-legacy -S"
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1), inside: try room.pin())
                #expect(try tables.shell.expect(list).contains("faultd:\(FaultID.test(1).text)"))
                #expect(try tables.saved() == outside && undo.namespace != nil)
                #expect(try await tables.backend.observe(undo).drift == [])
                #expect(try await tables.backend.revert(undo).result == .restored)
                #expect(try !tables.shell.expect(list).contains("FAULTD") && tables.saved() == outside)
                #expect(try await tables.backend.revert(undo).result == .alreadyGone)
            }
        }

        /// `/proc/net` would tell of the daemon's own.
        @Test func whatProcTellsIsOfThatNetwork() async throws {
            try await Room.with { room, _ in
                let proc = ProcNet()
                #expect(proc.table(.filter, .ipv4) == .present)
                let inside = try NetworkNamespace.run(room.pin()) { () throws(Problem) in proc.table(.filter, .ipv4) }
                #expect(inside == .absent)
            }
        }

        @Test func rulesOfANamespaceThatIsGoneAreGone() async throws {
            try await Room.with { room, tables in
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1), inside: try room.pin())
                room.end()
                let seen = try await tables.backend.observe(undo)
                #expect(seen.packets?.rules == 0 && seen.drift?.first?.contains("a new one is not faulted") == true)
                let outcome = try await tables.backend.revert(undo)
                #expect(outcome.result == .alreadyGone && outcome.drift == [] && outcome.notes.count == 1)
                let change = PacketChange(rules: undo.rules)
                await #expect(throws: Problem.self) { try await tables.backend.apply(change, undo: undo, until: .now() + .seconds(9)) }
            }
        }

        @Test func theInventoryLooksInsideAndRemovesThere() async throws {
            try await Room.with { room, tables in
                let pin = try room.pin()
                let found = FoundNamespace(inode: pin.inode, place: "/proc/\(room.first)/ns/net")
                let backend = IptablesBackend(lock: tables.shell.lock, others: { () throws(Problem) in [found] })
                let undo = try await tables.inject([.drop(to: 443)], as: .test(1), inside: pin)
                try await tables.inject([.drop(to: 80)], as: .test(2))
                let artefacts = try await backend.inventory()
                #expect(artefacts.map(\.fault) == [.test(2), .test(1)] && artefacts.map(\.place) == [nil, pin.inode])
                try await backend.remove(try #require(artefacts.last))
                #expect(try await tables.backend.revert(undo).result == .alreadyGone)
                #expect(try await backend.inventory().map(\.fault) == [.test(2)])
            }
        }

        @Test func theSurveyFindsOthersAndNotItsOwn() async throws {
            try await Room.with { room, _ in
                let found = try NamespaceSurvey.others()
                #expect(try found.contains { try $0.inode == room.pin().inode } && Set(found.map(\.inode)).count == found.count)
                #expect(try !found.contains { try $0.inode == NetworkNamespace.own().inode })
            }
        }
    }
}

extension Tables {
    fileprivate func inject(_ rules: [PacketRule], as fault: FaultID, inside pin: NamespacePin) async throws -> PacketUndo {
        let change = PacketChange(rules: rules, inside: pin.container)
        let undo = try await backend.prepare(change, for: fault, in: pin)
        let deadline = Moment.now() + .seconds(60)
        _ = try await backend.rearm(undo, until: deadline)
        #expect(try await backend.apply(change, undo: undo, until: deadline).packets?.rules == rules.count)
        return undo
    }
}
