// A DNS server on the lab's peer and one on the node's loopback, and whoever asks them.
import FaultClient
import Foundation
import Testing

enum Names {
    /// What both servers answer whatever is asked.
    static let truth = "192.0.2.53"
    static let loopback = "127.0.0.53"
    static var peer6: String { Lab.environment["FAULTD_LAB_PEER_IP6"] ?? "" }
    static var servers: [String] { [Lab.peer4, peer6, loopback] }

    enum Kind: Int { case a = 1, aaaa = 28 }

    /// Runs `body` with both servers up, and proves afterwards that the node is as it was before.
    static func serving(_ body: (FaultClient) async throws -> Void) async throws {
        let peer = [try Lab.setting("FAULTD_LAB"), "exec", try Lab.setting("FAULTD_LAB_PEER"), "sh", "-c"]
        _ = try await Lab.run(peer + [start("::")])
        try await Lab.node(start(loopback))
        try await Lab.eventually("both servers answer", within: .seconds(10)) {
            for server in [Lab.peer4, loopback] where try await ask("up.example.com", of: server) != truth { return false }
            return true
        }
        let stop = "systemctl stop lab-names"
        do { try await Lab.restoring(body) } catch {
            _ = try? await Lab.run(peer + [stop])
            _ = try? await Lab.node(stop)
            throw error
        }
        _ = try await Lab.run(peer + [stop])
        try await Lab.node(stop)
    }

    private static func start(_ address: String) -> String {
        """
        cat > /run/lab-names.py <<'END'
        import socket, sys
        s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((sys.argv[1], 53))
        while True:
            q, who = s.recvfrom(512)
            end = q.index(0, 12) + 5
            is_a = q[end - 3] == 1
            answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xc0\\0\\2\\x35" if is_a else b""
            s.sendto(q[:2] + b"\\x81\\x80\\0\\1\\0" + bytes([is_a]) + b"\\0\\0\\0\\0" + q[12:end] + answer, who)
        END
        systemctl stop lab-names 2>/dev/null; systemd-run -q --collect --unit=lab-names python3 /run/lab-names.py \(address)
        """
    }

    /// What comes back: addresses, the error's name, or TIMEOUT.
    /// - Parameter container: in whose network; nil is the node's own.
    static func ask(_ name: String, _ kind: Kind = .a, of server: String, in container: String? = nil) async throws -> String {
        try await python("print(ask(open_to('\(server)'), '\(name)', \(kind.rawValue)))", in: container).last ?? ""
    }

    /// Asks the peer again and again by one socket.
    /// - Returns: each answer that differs from the one before.
    static func watch(_ name: String, in container: String, seconds: Int) async throws -> [String] {
        let loop = "s = open_to('\(Lab.peer4)')\nfor i in range(\(seconds * 5)):\n    print(ask(s, '\(name)', 1), flush=True); time.sleep(0.2)"
        let answers = try await python(loop, in: container)
        return answers.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The C library's resolver, told of the peer alone.
    static func getent(_ name: String) async throws -> String {
        let script =
            "echo nameserver \(Lab.peer4) > /run/lab-resolv; unshare -m sh -c 'mount --bind /run/lab-resolv /etc/resolv.conf; getent ahostsv4 \(name)'"
        return try await Lab.node(script).text.split(separator: " ").first.map(String.init) ?? ""
    }

    private static func python(_ script: String, in container: String?) async throws -> [String] {
        let enter = container.map { "nsenter -t $(docker inspect -f '{{.State.Pid}}' \($0)) -n " } ?? ""
        let functions = """
            import os, socket, sys, time
            def open_to(server):
                s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(1); s.connect((server, 53)); return s
            def ask(s, name, kind):
                number = os.urandom(2)
                question = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\\0\\0" + bytes([kind]) + b"\\0\\1"
                s.send(number + b"\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + question)
                try: r = s.recv(512)
                except TimeoutError: return "TIMEOUT"
                except OSError as e: return str(e)
                end = 12 + len(question)
                if r[:2] != number or r[12:end] != question or not r[2] & 128: return "WRONG"
                if r[3] & 15: return {2: "SERVFAIL", 3: "NXDOMAIN"}.get(r[3] & 15, str(r[3] & 15))
                found = []
                while end < len(r):
                    length = r[end + 11]
                    found.append(socket.inet_ntop(socket.AF_INET if length == 4 else socket.AF_INET6, r[end + 12:end + 12 + length]))
                    end += 12 + length
                return " ".join(found)
            """
        let output = try await Lab.node("\(enter)python3 - <<'END'\n\(functions)\n\(script)\nEND")
        return output.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
