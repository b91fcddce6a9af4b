// Docker's JSON in the model's words.
import FaultModel

extension Container {
    init(_ summary: DockerSummary, kind: Runtime) {
        self.init(
            runtime: kind, id: summary.id, name: summary.name, image: summary.image, state: summary.state, labels: summary.labels ?? [:],
            createdAt: Timestamp(milliseconds: summary.created * 1000),
            isSandbox: Self.isDockerSandbox(summary.name, summary.labels ?? [:], kind))
    }

    init(_ inspection: DockerInspection, kind: Runtime) {
        let name = inspection.name.hasPrefix("/") ? String(inspection.name.dropFirst()) : inspection.name
        let labels = inspection.config?.labels ?? [:]
        let policy = inspection.hostConfig?.restartPolicy?.name
        self.init(
            runtime: kind, id: inspection.id, name: name, image: inspection.config?.image ?? "", state: inspection.state.status, labels: labels,
            createdAt: Timestamp(runtime: inspection.created), isSandbox: Self.isDockerSandbox(name, labels, kind),
            // Docker leaves the name empty for a container that was made with no policy.
            restartPolicy: policy.map { $0.isEmpty ? "no" : $0 } ?? "no")
    }

    /// A pod's pause container, as dockershim and cri-dockerd label and name it, or podman names it.
    static func isDockerSandbox(_ name: String, _ labels: [String: String], _ kind: Runtime) -> Bool {
        labels["io.kubernetes.docker.type"] == "podsandbox" || labels["io.kubernetes.container.name"] == "POD" || name.hasPrefix("k8s_POD_")
            || (kind == .podman && name.hasSuffix("-infra"))
    }
}

extension ContainerRun {
    init(_ inspection: DockerInspection, kind: Runtime) {
        let state = inspection.state
        self.init(
            container: Container(inspection, kind: kind), pid: state.pid ?? 0, startedAt: state.startedAt,
            startTime: Timestamp(runtime: state.startedAt), endTime: state.finishedAt.flatMap(Timestamp.init(runtime:)),
            exitCode: state.exitCode, autoRemove: inspection.hostConfig?.autoRemove ?? false, health: nil)
        health = state.health.flatMap { Self.health($0, startTime: startTime) }
    }

    private static func health(_ health: DockerInspection.Health, startTime: Timestamp?) -> Health? {
        switch health.status {
        case "starting": .starting
        case "unhealthy": .unhealthy
        case "healthy": .healthy(since: firstSuccess(health.log ?? [], after: startTime))
        default: nil
        }
    }

    /// The first success makes it healthy. Docker keeps five checks only, so a late look sees a later one.
    private static func firstSuccess(_ checks: [DockerInspection.Health.Check], after start: Timestamp?) -> Timestamp? {
        checks.lazy.filter { $0.exitCode == 0 }.compactMap { Timestamp(runtime: $0.end) }.first { end in start.map { end >= $0 } ?? true }
    }
}
