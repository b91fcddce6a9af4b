// What random histories are made of: small specs of every kind, and what each does to the model node by itself.
import FaultModel

/// A request in the pool, with what the reference knows of it without asking the engine.
struct PoolSpec: Sendable {
    var title: String
    var kind: String
    var fields: KeyValuePairs<String, String>
    var units: [String] = []
    var hasPackets = false
    /// The container that is killed.
    var target: String?
    /// Nothing but the end of the fault, or Docker's own start, brings it back.
    var staysDead = false
    /// Its supervisor replaces it under another id, so that no two faults can clash on it.
    var isPod = false
    /// Something with a value that it sets for as long as it lasts: the mechanism, what it is, and the value.
    var setting: PoolSetting?
    /// Why it can never be granted on this node.
    var refusal: Problem.Slug?

    /// In the order in which they are applied.
    func mechanisms(_ reference: CompositionReference) -> [String] {
        let keeps = units.contains("docker.service") && !reference.running(["web", "job"]).isEmpty
        return (target != nil || keeps ? ["containers"] : []) + (units.isEmpty ? [] : ["units"]) + (hasPackets ? ["packets"] : [])
            + (setting.map { [$0.mechanism] } ?? [])
    }

    var request: FaultRequest {
        FaultRequest(kind: kind, spec: FormBody.object(fields.map { ($0.key, $0.value) }), lenient: true)
    }

    static let all: [PoolSpec] = [
        .init(title: "drop 443", kind: "network.drop", fields: ["protocol": "tcp", "port": "443"], hasPackets: true),
        .init(title: "reject 80", kind: "network.reject", fields: ["protocol": "tcp", "port": "80"], hasPackets: true),
        .init(title: "drop a network", kind: "network.drop", fields: ["peer": "10.99.0.0/16", "direction": "both"], hasPackets: true),
        .init(title: "stop nginx", kind: "unit.stop", fields: ["unit": "nginx"], units: ["nginx.service"]),
        .init(title: "stop registry", kind: "unit.stop", fields: ["unit": "registry"], units: ["registry.service"]),
        .init(
            title: "stop node-agent and nginx", kind: "unit.stop", fields: ["unit": "node-agent,nginx"],
            units: ["node-agent.service", "nginx.service"]),
        .init(
            title: "cut 443 and node-agent", kind: "node.cut", fields: ["protocol": "tcp", "port": "443", "unit": "node-agent"],
            units: ["node-agent.service"], hasPackets: true),
        .init(title: "stop idle", kind: "unit.stop", fields: ["unit": "idle"], units: ["idle.service"], refusal: .noEffect),
        .init(title: "stop needs-ssh", kind: "unit.stop", fields: ["unit": "needs-ssh"], units: ["needs-ssh.service"], refusal: .protectedTarget),
        .init(title: "stop nowhere", kind: "unit.stop", fields: ["unit": "nowhere"], units: ["nowhere.service"], refusal: .noSuchUnit),
        .init(title: "stop docker", kind: "unit.stop", fields: ["unit": "docker"], units: ["docker.service"]),
        .init(
            title: "cut 8443, docker and node-agent", kind: "node.cut", fields: ["protocol": "tcp", "port": "8443", "unit": "docker,node-agent"],
            units: ["docker.service", "node-agent.service"], hasPackets: true),
        .init(title: "crash web", kind: "container.kill", fields: ["name": "^web$"], target: "web"),
        .init(title: "kill web for good", kind: "container.kill", fields: ["name": "^web$", "method": "api"], target: "web", staysDead: true),
        .init(title: "crash job", kind: "container.kill", fields: ["name": "^job$"], target: "job", staysDead: true),
        .init(
            title: "crash etcd again and again", kind: "container.kill", fields: ["pod": "etcd", "repeat_every": "10s"],
            target: "k8s_etcd_etcd-node_kube-system", isPod: true),
        .init(title: "partition a network", kind: "network.partition", fields: ["from": "10.98.0.0/16"], hasPackets: true),
        .init(title: "stop web", kind: "container.stop", fields: ["name": "^web$", "timeout": "0s"], target: "web", staysDead: true),
        .init(title: "stop job", kind: "container.stop", fields: ["name": "^job$"], target: "job", staysDead: true),
        .init(
            title: "freeze app-2", kind: "unit.freeze", fields: ["unit": "app-2"],
            setting: .init(mechanism: "unit-freezes", key: "freezer app-2.service", value: "frozen", claim: "app-2")),
        .init(
            title: "mask app-1", kind: "unit.mask", fields: ["unit": "app-1"],
            setting: .init(mechanism: "unit-overrides", key: "override app-1.service", value: "masked", claim: "app-1")),
        .init(
            title: "limit app-1", kind: "unit.limit", fields: ["unit": "app-1", "cpu_quota": "20%"],
            setting: .init(mechanism: "unit-overrides", key: "drop-in app-1.service", value: "CPUQuota=20%", claim: "app-1")),
        .init(title: "kill old", kind: "container.kill", fields: ["name": "^old$"], target: "old", refusal: .noMatch),
        .init(title: "lose a tenth", kind: "network.loss", fields: ["protocol": "tcp", "port": "5432", "loss": "10"], hasPackets: true),
    ]
    /// Those of which several may be injected at the same moment. Docker and its containers are left out: what stopping Docker has to start
    /// again is known when it is planned, and a kill that comes between that and the stop is undone too early.
    static let simultaneous = Array(all[..<10])
}
