// A conversation with nf_tables over netlink: questions, lists, transactions.
import CLinux
import FaultModel
import Glibc

/// What became of a transaction.
enum NftOutcome {
    /// All of it is in force; rules as the kernel echoes them, and the ruleset's number after it.
    case done([NftRuleSight])
    /// Nothing was done: somebody changed the ruleset since it was looked at.
    case stale
    /// Nothing was done.
    case refused(Problem)
}

/// One netlink socket in the network namespace of the thread that first uses it. For one thread at a time.
final class NftConnection: @unchecked Sendable {
    /// Kept open: the kernel lets whoever closes one wait until it has cleaned up after it.
    private var opened: NetlinkSocket?
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Answers to this many questions fit into the socket's memory many times over.
    private static let together = 512
    private static let memory: Int32 = 16 << 20
    /// How often a list is read anew because somebody changed the ruleset meanwhile.
    private static let attempts = 10

    /// Asks, and hands on each answer with the number of its question from 0; what is not there is not answered.
    func ask(_ count: Int, _ question: (Int, inout NftMessages) -> Void, _ each: (Int, UInt16, UnsafeRawBufferPointer) -> Void) throws(Problem) {
        for start in stride(from: 0, to: count, by: Self.together) {
            var messages = NftMessages()
            for index in start..<min(start + Self.together, count) { question(index, &messages) }
            var failure: Int32 = 0
            try exchange(messages.bytes) { head, body in
                guard head.isError else {
                    return each(start + Int(head.sequence) - 1, head.type, Netlink.slice(body, NftMessages.headSize, body.count))
                }
                let code = Netlink.code(ofError: body)
                if code != ENOENT { failure = code }
            }
            if failure != 0 { throw Self.problem(Self.looking, failure) }
        }
    }

    /// The number of the ruleset as it is; every change by anybody makes another.
    func generation() throws(Problem) -> UInt32 {
        var number: UInt32?
        try ask(1, { $1.add(.getGeneration, family: NftMessages.anyFamily) }) { _, _, body in number = body.attribute(1).flatMap(Self.number) }
        guard let number else { throw Self.problem(Self.looking, EOPNOTSUPP) }
        return number
    }

    /// Whatever `parse` makes of each message of a list.
    func list<T>(
        _ kind: NftMessages.Kind, family: UInt8 = NftMessages.inet, _ fill: (inout NetlinkBody) -> Void = { _ in },
        _ parse: (_ family: UInt8, UnsafeRawBufferPointer) -> T?
    ) throws(Problem) -> [T] {
        var messages = NftMessages()
        messages.add(kind, .dump, family: family, fill)
        var found: [T] = []
        for _ in 1...Self.attempts {
            found = []
            let isTorn = try readList(messages.bytes) { body in
                if let item = parse(body.first ?? 0, Netlink.slice(body, NftMessages.headSize, body.count)) { found.append(item) }
            }
            if !isTorn { break }
        }
        return found
    }

    /// Does all of it, or nothing.
    /// - Parameter isDry: only lets the kernel check it.
    func commit(on generation: UInt32?, isDry: Bool = false, _ fill: (inout NftMessages) -> Void) throws(Problem) -> NftOutcome {
        var messages = NftMessages.transaction(on: generation)
        fill(&messages)
        if !isDry { messages.end() }
        var (echoes, failure, isDone): ([NftRuleSight], (code: Int32, words: String?)?, Bool) = ([], nil, isDry)
        try exchange(messages.bytes) { head, body in
            if head.isError {
                let code = Netlink.code(ofError: body)
                if code == 0 { isDone = true } else if failure == nil { failure = (code, Self.words(body)) }
            } else if head.type == NftMessages.Kind.newRule.type {
                if let rule = NftRuleSight(Netlink.slice(body, NftMessages.headSize, body.count)) { echoes.append(rule) }
            }
        }
        if failure?.code == ERESTART { return .stale }
        if let failure { return .refused(Self.problem("change nftables", failure.code, failure.words)) }
        return isDone ? .done(echoes) : .refused(Problem(.hostFailure, "could not change nftables: the kernel gave no answer"))
    }

    // MARK: - the socket

    private func open() throws(Problem) -> NetlinkSocket {
        if let opened { return opened }
        let socket: NetlinkSocket
        // A kernel without netfilter's netlink says so here.
        do throws(Problem) { socket = try NetlinkSocket(.netfilter, Self.talking) } catch { throw Self.problem(Self.talking, errno) }
        var bytes = Self.memory
        // Whoever may change rules may have as much as a transaction needs.
        for option in [SO_SNDBUFFORCE, SO_RCVBUFFORCE] {
            setsockopt(socket.file, SOL_SOCKET, option, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        opened = socket
        return socket
    }

    private func send(_ bytes: [UInt8]) throws(Problem) -> NetlinkSocket {
        let socket = try open()
        guard Glibc.send(socket.file, bytes, bytes.count, 0) == bytes.count else { throw Self.problem(Self.talking, errno) }
        return socket
    }

    /// The kernel has answered, to the last message, when it has taken what was sent.
    private func exchange(_ bytes: [UInt8], _ each: (Netlink.Head, UnsafeRawBufferPointer) -> Void) throws(Problem) {
        let socket = try send(bytes)
        while let count = try receive(socket, Int32(MSG_DONTWAIT)) { read(count, each) }
    }

    /// - Returns: whether somebody changed the ruleset meanwhile.
    private func readList(_ bytes: [UInt8], _ each: (UnsafeRawBufferPointer) -> Void) throws(Problem) -> Bool {
        let socket = try send(bytes)
        var (isOver, isTorn, failure): (Bool, Bool, Int32) = (false, false, 0)
        while !isOver {
            guard let count = try receive(socket, 0) else { throw Problem(.timedOut, "could not look at nftables: the kernel did not answer") }
            read(count) { head, body in
                if head.isTorn { isTorn = true }
                if head.isError || head.isEnd { (isOver, failure) = (true, Netlink.code(ofError: body)) } else { each(body) }
            }
        }
        if failure != 0, failure != ENOENT { throw Self.problem(Self.looking, failure) }
        return isTorn
    }

    /// Nil when there is nothing (more).
    private func receive(_ socket: NetlinkSocket, _ flags: Int32) throws(Problem) -> Int? {
        while true {
            let count = recv(socket.file, &buffer, buffer.count, flags)
            if count >= 0 { return count }
            if errno == EINTR { continue }
            if errno == EAGAIN { return nil }
            // What came before may be answers to something else now.
            opened = nil
            throw .system(Self.talking, errno: errno)
        }
    }

    private func read(_ count: Int, _ each: (Netlink.Head, UnsafeRawBufferPointer) -> Void) {
        buffer.withUnsafeBytes { Netlink.eachMessage(UnsafeRawBufferPointer(rebasing: $0[..<count]), each) }
    }

    // MARK: - what it says

    private static let talking = "talk to nftables"
    private static let looking = "look at nftables"

    static func number(_ value: UnsafeRawBufferPointer) -> UInt32? { Netlink.load(UInt32.self, value).map(UInt32.init(bigEndian:)) }

    /// The kernel's own, behind the error's number and the head of what was asked.
    private static func words(_ error: UnsafeRawBufferPointer) -> String? {
        Netlink.slice(error, Netlink.headSize + 4, error.count).attribute(1)?.zeroTerminated
    }

    private static func problem(_ doing: String, _ code: Int32, _ words: String? = nil) -> Problem {
        let said = "\(String(cString: strerror(code)))\(words.map { " (\($0))" } ?? "")"
        switch code {
        // What no subsystem understands is an invalid argument.
        case EINVAL where doing == looking: return problem(looking, EOPNOTSUPP)
        case EPERM:
            return Problem(.missingDependency, "not allowed to use nftables", hint: "run faultd as root, or give it CAP_NET_ADMIN")
        case EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT:
            return Problem(
                .missingDependency, "the kernel lacks something of nftables: \(said)",
                hint: "modprobe nf_tables on the node itself, and list it in /etc/modules-load.d/faultd.conf")
        default: return Problem(.hostFailure, "could not \(doing): \(said)")
        }
    }
}
