// faultd as a pod of the node instead of its service: started by the DaemonSet's own words on Docker or, as a kubelet does it, through CRI.
import FaultClient
import FaultModel
import Foundation
import Testing

struct FaultdPod {
    enum Runtime: String, CaseIterable { case docker, containerd }

    let runtime: Runtime
    let manifest: PodManifest
    static let nodeName = "worker-7"
    private static let configFolder = "/run/faultd-test-config"

    /// Runs `body` beside a pod that is ready, and proves that the node is as before; then the service is back.
    static func with(_ runtime: Runtime, _ body: (FaultdPod, FaultClient) async throws -> Void) async throws {
        try await Lab.settled()
        try await FaultdImage.load()
        let pod = FaultdPod(runtime: runtime, manifest: try PodManifest())
        // Nothing of the host's installation is there to be used by mistake.
        try await Lab.node("systemctl stop faultd; mv /usr/bin/faultd /usr/bin/faultd.away")
        do {
            try await pod.start()
            try await Lab.restoring { try await body(pod, $0) }
        } catch { Issue.record(error) }
        try await pod.remove()
        try await Lab.node("mv /usr/bin/faultd.away /usr/bin/faultd; rm -rf \(configFolder); systemctl start faultd")
        try await Lab.settled()
    }

    /// What the kubelet does before it calls the runtime, and the call; then waits as its startup and readiness probes do.
    func start() async throws {
        let folders = manifest.mounts.compactMap(\.source) + [Self.configFolder]
        let file = "cat >\(Self.configFolder)/faultd.yaml <<'END'\n\(manifest.configuration)\nEND"
        try await Lab.node("mkdir -p \(folders.joined(separator: " ")); \(file)")
        let started = try await run()
        try #require(started.status == 0, "\(started.text)")
        var last = ""
        try await Lab.eventually("the pod is ready", within: .seconds(20)) {
            for probe in ["startupProbe", "readinessProbe"] {
                let answer = try await self.probe(probe)
                last = answer.text
                if answer.status != 0 { return false }
            }
            return true
        }
        let log = try await log()
        #expect(last == "", "\(log)")
    }

    func probe(_ name: String) async throws -> Lab.Output {
        let command = try #require(manifest.probes[name])
        switch runtime {
        // Docker's client waits for ever if the container ends while it looks.
        case .docker: return try await Lab.node("timeout 20 docker exec faultd \(command.joined(separator: " "))")
        case .containerd:
            return try await cri("print(exec_in(\(try Self.json(command))), end='')")
        }
    }

    /// SIGKILL, as for want of memory. The journal's lock has the pid.
    func kill() async throws { try await Lab.node("kill -9 $(cat /var/lib/faultd/journal.sqlite.lock)") }

    /// SIGTERM and the manifest's patience.
    func stop() async throws -> Lab.Output {
        switch runtime {
        case .docker: try await Lab.node("docker stop -t \(manifest.grace) faultd && docker inspect -f '{{.State.ExitCode}}' faultd")
        case .containerd: try await cri("runtime.call('StopContainer', [(1, container()), (2, \(manifest.grace))]); print(0)")
        }
    }

    func remove() async throws {
        switch runtime {
        case .docker: try await Lab.node("docker rm -f faultd")
        case .containerd: try await cri("for item in sorted(runtime.items(pod), key=lambda item: item['pause']): runtime.remove(item)")
        }
    }

    func log() async throws -> String {
        try await Lab.node(runtime == .docker ? "docker logs faultd 2>&1" : "cat /var/log/pods/faultd_faultd-x_*/faultd_0.log").text
    }

    // MARK: starting

    private func run() async throws -> Lab.Output {
        switch runtime {
        case .docker: return try await Lab.node("docker run -d --name faultd \(Self.privilege) \(dockerOptions) \(FaultdImage.name)")
        case .containerd:
            let mounts = manifest.mounts.map { ["path": $0.path, "source": $0.source ?? Self.configFolder, "ro": $0.readOnly ? "1" : "0"] }
            let environment = [manifest.nodeName: Self.nodeName]
            return try await cri("run(\(try Self.json(mounts)), \(try Self.json(environment)))")
        }
    }

    private var dockerOptions: String {
        let mounts = manifest.mounts.map { "-v \($0.source ?? Self.configFolder):\($0.path)\($0.readOnly ? ":ro" : "")" }
        return (["--pid=host --network=host --read-only -e \(manifest.nodeName)=\(Self.nodeName)"] + mounts).joined(separator: " ")
    }

    /// `--privileged`, of a node that has not all capabilities itself: Docker asks for those that the kernel knows, and is refused.
    static let privilege =
        "--security-opt seccomp=unconfined --cap-drop=ALL $(setpriv --dump 2>/dev/null | sed -n 's/^Capability bounding set: //p' | tr , '\\n' | grep -v cap_ | sed 's/^/--cap-add=/')"

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        // Python takes `\/` for two characters.
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Python that has the stand-in for the kubelet as a library: its last line runs it. Field numbers are those of runtime.v1's api.proto.
    @discardableResult
    private func cri(_ verbs: String) async throws -> Lab.Output {
        try await Lab.node(
            """
            python3 - <<'END'
            source = open("/usr/local/bin/node-agent").read()
            exec(source[:source.rindex("main(")])
            HOST = [(1, 2), (2, 2)]  # network and pid are the node's
            class Privileged(CRI):
                def sandbox_config(self, pod, attempt=0):
                    return [field for field in super().sandbox_config(pod, attempt) if field[0] != 8] + [(8, [(2, [(1, HOST), (6, 1)])])]
            pod = {"name": "faultd-x", "namespace": "faultd", "uid": "7c1f0d2e-faultd"}
            runtime = Privileged()
            def container():
                return next(item["id"] for item in runtime.items(pod) if not item["pause"])
            def run(mounts, environment):
                sandbox = runtime.run_sandbox(pod, 0)
                config = [(1, [(1, "faultd"), (2, 0)]), (2, [(1, "\(FaultdImage.name)")])] + mapping(9, pod_labels(pod) | {"io.kubernetes.container.name": "faultd"})
                config += [(6, [(1, key), (2, value)]) for key, value in environment.items()]
                config += [(7, [(1, mount["path"]), (2, mount["source"]), (3, int(mount["ro"]))]) for mount in mounts]
                config += [(11, "faultd_0.log"), (15, [(2, [(2, 1), (3, HOST), (7, 1)])])]
                made = text(runtime.call("CreateContainer", [(1, sandbox), (2, config), (3, runtime.sandbox_config(pod))]), 1)
                runtime.call("StartContainer", [(1, made)])
            def exec_in(command):
                answer = runtime.call("ExecSync", [(1, container())] + [(2, word) for word in command] + [(3, 10)])
                said = (text(answer, 1) + text(answer, 2))
                if answer.get(3, [0])[0]: sys.exit(said or 1)
                return said
            \(verbs)
            END
            """)
    }
}
