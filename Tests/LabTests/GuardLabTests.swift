// Nobody is locked out: real ssh sessions while everything else is cut, DHCP among dropped datagrams, and commit-confirm.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Guard {
        private static let port = 2222

        /// An sshd in the node that the peer may log in to, for as long as `body` takes.
        private func withSSHD(_ body: () async throws -> Void) async throws {
            let made = try await peer("rm -f /run/guard-key && ssh-keygen -q -t ed25519 -N '' -f /run/guard-key && cat /run/guard-key.pub")
            try #require(made.status == 0, "\(made.text)")
            let key = made.text.trimmingCharacters(in: .whitespacesAndNewlines)
            let start = """
                mkdir -p /run/sshd && printf '%s\\n' '\(key)' >/run/sshd/keys && systemd-run -q --unit lab-sshd /usr/sbin/sshd -D -p \(Self.port) \
                -o AuthorizedKeysFile=/run/sshd/keys -o StrictModes=no
                """
            let started = try await Lab.node(start)
            try #require(started.status == 0, "\(started.text)")
            try await Lab.eventually("sshd listens", within: .seconds(10)) { try await ssh("true").status == 0 }
            do { try await body() } catch {
                try await Lab.node("systemctl stop lab-sshd")
                throw error
            }
            try await Lab.node("systemctl stop lab-sshd")
        }

        @discardableResult
        private func peer(_ script: String) async throws -> Lab.Output {
            try await Lab.run(try Lab.setting("FAULTD_LAB"), "exec", try Lab.setting("FAULTD_LAB_PEER"), "sh", "-c", script)
        }

        /// A command in the node by way of a real ssh session from the peer.
        private func ssh(_ command: String, port: Int = Self.port) async throws -> Lab.Output {
            let key = "-i /run/guard-key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
            let node = try Lab.setting("FAULTD_LAB_NODE_IP4")
            return try await peer("ssh \(key) -p \(port) -o ConnectTimeout=3 -o LogLevel=ERROR root@\(node) '\(command)' </dev/null")
        }

        @Test(arguments: ["node.cut direction=both", "network.partition from=everything cut_established=true"])
        func aSessionThatCutsEverythingLivesOnAndIsToldWhatWasLeftAlone(_ fault: String) async throws {
            try await Lab.restoring { client in
                try await withSSHD {
                    // One session: it cuts the node off, sees that it is cut off, looks at the fault, and takes it back.
                    let session = try await ssh(
                        """
                        set -e; faultctl inject \(fault) --lease 60s
                        for port in 80 443; do if curl -s -m 2 -o /dev/null http://\(Lab.peer4):$port/; then echo reached $port; fi; done
                        if ping -c 1 -W 1 \(Lab.peer4) >/dev/null; then echo reached by ping; fi
                        sleep 1; faultctl list >/dev/null; echo still here
                        """)
                    #expect(session.status == 0)
                    #expect(session.text.contains("still here"), "\(session.text)")
                    #expect(!session.text.contains("reached"), "\(session.text)")
                    let fault = try #require(try await client.faults().document.items.first)
                    #expect(fault.state == .active)
                    let notes = fault.notes.joined(separator: "\n")
                    #expect(notes.contains("left alone: of this node, tcp port 22 (protected_ports), \(Self.port) (sshd)"), "\(notes)")
                    let peer = try Lab.setting("FAULTD_LAB_PEER_IP4")
                    #expect(notes.contains("left alone: ssh from \(peer) (your own connection)"), "\(notes)")
                    #expect(notes.contains("left alone: DHCP"), "\(notes)")
                    // A new session gets in while the fault is in force, and can end it.
                    #expect(try await ssh("faultctl revert --all").status == 0)
                    #expect(try await client.fault(fault.id).document.state == .reverted)
                    #expect(try await Lab.connect(Lab.peer4, 443) == .answered)
                }
            }
        }

        @Test func aSessionThatCameInByARedirectedPortSurvivesACutOfThatPort() async throws {
            try await Lab.restoring { client in
                try await withSSHD {
                    let rule = "PREROUTING -p tcp --dport 443 -m comment --comment lab -j REDIRECT --to-ports \(Self.port)"
                    try await Lab.node("iptables-legacy -w -t nat -A \(rule)")
                    let command = "faultctl inject network.drop protocol=tcp port=443 direction=both --lease 20s && sleep 1 && echo still here"
                    let session = try await ssh(command, port: 443)
                    #expect(session.text.contains("still here"), "\(session.text)")
                    #expect(try await client.faults().document.items.first?.state == .active)
                    #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                    try await Lab.node("iptables-legacy -w -t nat -D \(rule)")
                }
            }
        }

        @Test func sshdsRealPortIsRefusedByNumber() async throws {
            try await Lab.restoring { client in
                try await withSSHD {
                    for kind in ["network.drop", "network.reject"] {
                        let problem = await #expect(throws: Problem.self) {
                            try await client.inject(kind, ["direction": "in", "protocol": "tcp", "port": "2200-2300"])
                        }
                        #expect(problem?.status == 403)
                        #expect(problem?.detail.contains("includes port \(Self.port) of this node, which sshd listens on") == true)
                    }
                }
                // It listens no more: the port is like any other.
                let fault = try await client.inject("network.drop", ["direction": "in", "protocol": "tcp", "port": "2200-2300"])
                #expect(fault.state == .active)
            }
        }

        /// Whether datagrams from a port to a port arrive, out of the node or into it.
        private func arrive(from source: Int, to destination: Int, out: Bool = true) async throws -> Bool {
            let address = out ? Lab.peer4 : try Lab.setting("FAULTD_LAB_NODE_IP4")
            let receive = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", \(destination))); s.settimeout(3)
                try: print(s.recv(9))
                except OSError: print("nothing")
                """
            let send = """
                import socket, time
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", \(source)))
                for _ in range(10):
                    try: s.sendto(b"hello", ("\(address)", \(destination)))
                    except OSError: pass
                    time.sleep(0.3)
                """
            async let received = out ? peer("python3 -c '\(receive)'") : Lab.node("python3 -c '\(receive)'")
            _ = try await out ? Lab.node("python3 -c '\(send)'") : peer("python3 -c '\(send)'")
            return try await received.text.contains("hello")
        }

        @Test func dhcpPassesWhereAllOtherUDPIsDropped() async throws {
            try await Lab.restoring { client in
                let fault = try await client.inject("network.drop", ["protocol": "udp", "direction": "both"])
                #expect(fault.notes.contains("left alone: DHCP"))
                #expect(try await arrive(from: 68, to: 67))
                #expect(try await arrive(from: 67, to: 68, out: false))
                #expect(try await !arrive(from: 6800, to: 6700))
                #expect(try await !arrive(from: 6700, to: 6800, out: false))
                _ = try await client.end(fault.id)
                #expect(try await arrive(from: 6800, to: 6700))
            }
        }

        @Test func unconfirmedItIsUndoneAndConfirmedItStays() async throws {
            try await Lab.restoring { client in
                let words = "faultctl inject network.drop protocol=tcp port=443 --lease 60s --confirm-within"
                let told = try await Lab.node("\(words) 5s").text
                #expect(told.contains("faultctl confirm") && told.contains("or it ends"), "\(told)")
                let first = try #require(try await client.faults().document.items.first)
                #expect(first.confirm_by != nil)
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
                let ended = try await client.wait(first.id, for: .reverted, timeout: .seconds(10)).document
                #expect(ended.notes.contains("nobody confirmed in time"))
                let due = try #require(first.confirm_by)
                let late = try #require(ended.reverted_at) - due
                #expect(late >= .zero && late < .seconds(1), "undone \(late.text) after the countdown")
                #expect(try await Lab.connect(Lab.peer4, 443) == .answered)

                try await Lab.node("\(words) 3s")
                let second = try #require(try await client.faults().document.items.first)
                #expect(try await client.confirm(second.id).document.confirm_by == nil)
                try await Lab.eventually("the countdown is over", within: .seconds(10)) { try #require(second.confirm_by) + .seconds(1) < Self.now }
                #expect(try await client.fault(second.id).document.state == .active)
                #expect(try await Lab.connect(Lab.peer4, 443) == .timedOut)
            }
        }

        private static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    }
}
