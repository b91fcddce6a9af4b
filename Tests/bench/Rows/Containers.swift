// container.kill of many at once against `docker kill` of the same, and against signals alone.
import CLinux
import Glibc

func measureContainers(_ bench: Bench) throws -> [Line] {
    let docker = try Tool("docker")
    let names = (1...20).map { "bench-\($0)" }
    defer { try? docker.run(["rm", "-f"] + names) }
    for name in names { try docker.run(["run", "-d", "--name", name, "--network", "none", "lab/work:local"]) }
    let daemon = try bench.daemon("containers", backend: "auto")
    let ours = try FaultContender(daemon, "faultd") { _ in
        #"{"kind":"container.kill","spec":{"name":"^bench-[0-9]+$","expect":20},"lease":"10m"}"#
    }
    let typed = ForkContender(name: "docker kill", forth: { _ in [(docker, ["kill"] + names)] }, back: { _ in [(docker, ["start"] + names)] })
    let contenders: [any Contender] = [ours, typed, SignalContender(docker: docker, names: names)]
    let race = try Race(contenders.map { Lane(contender: $0) }, rounds: bench.effort.heavy)
    try daemon.stop()
    return [
        Line("containers.kill/fork", "container.kill of 20", race.put[0], against: "`docker kill` of the 20", race.put[1], goal: .ratioAtMost(0.3)),
        Line("containers.kill/bare", "the same", race.put[0], against: "20 signals, until all are dead", race.put[2]),
        Line("containers.start/fork", "its revert", race.take[0], against: "`docker start` of the 20", race.take[1]),
    ]
}

/// A signal to the first process of each.
private final class SignalContender: Contender {
    let name = "signals"
    private let docker: Tool
    private let names: [String]
    private var processes: [pollfd] = []

    init(docker: Tool, names: [String]) { (self.docker, self.names) = (docker, names) }

    func prepare(_ number: Int) throws {
        let pids = try docker.output(["inspect", "-f", "{{.State.Pid}}"] + names).split(separator: "\n").compactMap { pid_t($0) }
        processes = pids.map { pollfd(fd: pidfd_open($0, 0), events: Int16(POLLIN), revents: 0) }
        guard processes.count == names.count, processes.allSatisfy({ $0.fd >= 0 }) else { throw Failure("not all containers run") }
    }

    func put(_ number: Int) throws {
        for process in processes where pidfd_send_signal(process.fd, SIGKILL, nil, 0) != 0 { throw Failure.system("kill a container") }
        for index in processes.indices { poll(&processes[index], 1, 10_000) }
        for process in processes { close(process.fd) }
    }

    func take(_ number: Int) throws {
        // Docker must have heard of their end.
        try docker.run(["wait"] + names)
        try docker.run(["start"] + names)
    }
}
