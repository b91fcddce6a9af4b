// A pod of containerd's that has a network of its own, which the agent's pods have not.
import FaultModel
import Foundation
import Testing

/// Made by the agent's own code, on a link of its own; no rule is made for it.
struct OwnPod {
    private var sandbox: String
    private var address: String

    private static let network = """
        {"cniVersion": "0.4.0", "name": "lab", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.89.0.0/24",
         "routes": [{"dst": "0.0.0.0/0"}]}}]}
        """

    /// The stand-in for the kubelet as a library: its last line runs it.
    private static func script(_ verbs: String) -> String {
        """
        python3 - <<'END'
        source = open("/usr/local/bin/node-agent").read()
        exec(source[:source.rindex("main(")])
        class Own(CRI):
            def sandbox_config(self, pod, attempt=0): return [field for field in super().sandbox_config(pod, attempt) if field[0] != 8]
        pod = {"name": "own-network", "namespace": "default", "uid": "0b5a1e9d-own"}
        runtime = Own()
        \(verbs)
        END
        """
    }

    static func with(_ body: (OwnPod) async throws -> Void) async throws {
        try await Lab.settled()
        let config = "/etc/cni/net.d/10-lab.conflist"
        try await Lab.node("cat >\(config) <<'END'\n\(network)\nEND")
        do {
            // containerd sees the new file a moment later.
            var made = Lab.Output(status: 1, text: "")
            try await Lab.eventually("a pod with a network of its own", within: .seconds(15)) {
                made = try await Lab.node(
                    script("sandbox = runtime.run_sandbox(pod, 0); runtime.run_container(pod, sandbox, 'work', 0); print(sandbox)"))
                return made.status == 0
            }
            let sandbox = try #require(made.text.split(separator: "\n").last.map(String.init), "\(made.text)")
            let pid = "$(ctr -n k8s.io tasks ls | awk '$1 == \"\(sandbox)\" { print $2 }')"
            let address = try await Lab.node("nsenter -t \(pid) -n ip -4 -o addr show eth0 | awk '{ print $4 }' | cut -d/ -f1").text
            try await body(OwnPod(sandbox: sandbox, address: address.trimmingCharacters(in: .whitespacesAndNewlines)))
        } catch { Issue.record(error) }
        try await Lab.node(
            script("for item in sorted(runtime.items(pod), key=lambda item: item['pause']): runtime.remove(item)") + "; rm -f \(config)")
    }

    /// To a ping of the node.
    func answers() async throws -> Bool { try await Lab.node("ping -c 1 -W 1 \(address)").status == 0 }
}
