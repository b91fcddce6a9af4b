// Faults on processes and containers as the engine grants them: who is spared, what clashes, what a repetition adds, what will happen next.
import FaultEngine
import FaultModel
import FaultTesting
import Testing

@Suite struct ProcessFaultTests {
    private func processes(_ bench: Bench, in state: String) -> [Int32] {
        bench.host.node.valued(bench.host.node.processes).filter { $0.state == state }.map(\.pid)
    }

    @Test func whoAsksIsNotMeantByTheWordsOfItsOwnCommandLine() async throws {
        let bench = Bench()
        let line = [4242, 4200].map { Int32($0) }
        bench.host.change { node in
            for pid in line { node.processes.append(NodeProcess(pid: pid, startTicks: 1, name: "sh", command: "faultctl inject command=node-agent")) }
        }
        bench.host.change { $0.callerLine = line }
        let fault = try await bench.inject("process.pause", ["command": "node-agent"])
        #expect(fault.changes.map(\.apply) == ["kill -STOP 850 (node-agent)"])
        await #expect { try await bench.inject("process.kill", ["pid": "4200"]) } throws: { ($0 as? Problem)?.type == .protectedTarget }
    }

    /// The command that asked has ended by then, and what it ran below can't be found out any more.
    @Test func noLaterRoundMeansItEither() async throws {
        let bench = Bench()
        bench.host.change { node in
            node.processes.append(NodeProcess(pid: 4200, startTicks: 1, name: "sh", command: "sh -c 'faultctl inject command=node-agent; sleep 60'"))
            node.callerLine = [4242, 4200]
        }
        let fault = try await bench.inject("process.pause", ["command": "node-agent", "repeat_every": "10s"])
        bench.host.change { node in
            node.callerLine = []
            node.processes.append(
                NodeProcess(pid: 851, startTicks: 7, name: "node-agent", command: "node-agent", cgroup: "/system.slice/node-agent.service"))
        }
        await bench.pass(.seconds(10))
        #expect(processes(bench, in: "T") == [850, 851])
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
    }

    /// What restarts the container is the timer of the processes: nothing else would, with the daemon dead.
    @Test func aContainerThatEndsWithItsProcessHasABackstop() async throws {
        let fault = try await Bench().inject("process.kill", ["container": "web"])
        #expect(fault.backstop?.by == "systemd")
    }

    @Test func theDaemonAndWhatItRunsBelowAreProtected() async throws {
        let bench = Bench()
        bench.host.change { $0.daemonLine = [950, 850, 1] }
        for pid in ["950", "850"] {
            await #expect { try await bench.inject("process.pause", ["pid": pid]) } throws: { ($0 as? Problem)?.detail.contains("faultd") == true }
        }
    }

    @Test func aNameThatIsProtectedOnTheNodeIsFreeInAContainer() async throws {
        let bench = Bench()
        bench.host.change { node in
            node.processes.append(NodeProcess(pid: 960, startTicks: 1, name: "sshd", command: "sshd", cgroup: "/other"))
            node.processes.append(NodeProcess(pid: 961, startTicks: 1, name: "sshd", command: "sshd", cgroup: "/docker/x", container: "bbbb2222"))
        }
        await #expect { try await bench.inject("process.pause", ["pid": "960"]) } throws: {
            ($0 as? Problem)?.detail.contains("without sshd") == true
        }
        #expect(try await bench.inject("process.pause", ["pid": "961"]).state == .active)
    }

    @Test func theStoppedAreLeftAloneAndTheHeldClash() async throws {
        let bench = Bench()
        let first = try await bench.inject("process.pause", ["pid": "801"])
        let rest = try await bench.inject("process.pause", ["unit": "nginx"])
        #expect(rest.changes.count == 2)
        #expect(rest.notes.contains("left alone: 801 (nginx), stopped already"))
        await #expect { try await bench.inject("process.pause", ["pid": "801"]) } throws: { error in
            (error as? Problem)?.type == .conflict && (error as? Problem)?.detail.contains(first.id.text) == true
        }
        // Killed while it is paused, it could not be continued.
        await #expect { try await bench.inject("process.kill", ["unit": "nginx"]) } throws: { ($0 as? Problem)?.type == .conflict }
        _ = try await bench.controller.end(rest.id, by: Bench.caller)
        #expect(processes(bench, in: "T") == [801])
    }

    @Test func stoppedByNobodyOfOursIsNoEffect() async throws {
        let bench = Bench()
        bench.host.change { node in
            node.processes = node.processes.map {
                var process = $0; if process.pid == 950 { process.state = "T" }; return process
            }
        }
        await #expect { try await bench.inject("process.pause", ["name": "lonely"]) } throws: { ($0 as? Problem)?.type == .noEffect }
    }

    @Test func aUnitThatIsHeldDownAndItsProcessesClash() async throws {
        let bench = Bench()
        _ = try await bench.inject("process.kill", ["command": "nginx: master"])
        await #expect { try await bench.inject("unit.stop", ["unit": "nginx"]) } throws: { ($0 as? Problem)?.type == .conflict }
    }

    @Test func aContainersFirstProcessIsTheContainersEnd() async throws {
        let bench = Bench()
        let fault = try await bench.inject("process.kill", ["container": "web"])
        #expect(fault.changes.map(\.revert).contains("docker start web (if it is not back by itself)"))
        await #expect { try await bench.inject("container.pause", ["name": "^web$"]) } throws: { ($0 as? Problem)?.type == .conflict }
    }

    @Test func aRepetitionHitsWhateverNewlyMatchesAndKeepsWhatItHolds() async throws {
        let bench = Bench()
        let fault = try await bench.inject("process.pause", ["name": "^nginx$", "repeat_every": "10s"])
        #expect(processes(bench, in: "T") == [800, 801, 802])
        bench.host.change {
            $0.processes.append(NodeProcess(pid: 803, parent: 800, startTicks: 9, name: "nginx", command: "", cgroup: "/system.slice/nginx.service"))
        }
        await bench.pass(.seconds(10))
        #expect(processes(bench, in: "T") == [800, 801, 802, 803])
        await #expect { try await bench.inject("process.pause", ["pid": "803"]) } throws: { ($0 as? Problem)?.type == .conflict }
        _ = try await bench.controller.end(fault.id, by: Bench.caller)
        #expect(processes(bench, in: "T").isEmpty)
    }

    @Test func aRepeatedKillKeepsOneUndoAndNoClaimsOfTheDead() async throws {
        let bench = Bench()
        let fault = try await bench.inject("process.kill", ["name": "^node-agent$", "repeat_every": "10s"])
        for round in 1...3 {
            bench.host.change { node in
                node.processes.removeAll { $0.name == "node-agent" }
                node.processes.append(
                    NodeProcess(
                        pid: Int32(1000 + round), startTicks: UInt64(round), name: "node-agent", command: "",
                        cgroup: "/system.slice/node-agent.service"))
            }
            await bench.pass(.seconds(10))
        }
        let record = try #require(bench.journal.openFaults.first { $0.id == fault.id })
        #expect(record.changes.count == 1, "\(record.changes.map(\.change))")
        #expect(record.claims.map(\.resource).sorted() == ["process:1003/3", "unit:node-agent.service"])
    }

    @Test func whatWillHappenNextIsToldForEachContainer() async throws {
        let bench = Bench()
        let stop = try await bench.inject("container.stop", ["name": "^(web|job)$"])
        #expect(stop.notes.contains { $0.hasPrefix("web (docker aaaa1111): docker counts it as stopped by hand") })
        #expect(stop.notes.contains { $0.hasPrefix("job (docker bbbb2222): restart policy no: stays dead until the lease ends") })
        var plan = FaultRequest(kind: "container.remove", spec: ["pod": "^etcd-node$"], lease: .seconds(60), lenient: true)
        plan.allowIrreversible = true
        let dry = try await bench.controller.plan(plan, by: Bench.caller)
        #expect(dry.notes.contains { $0.contains("the kubelet replaces it") })
        #expect(dry.irreversible.count == 1)
    }

    @Test func aPausedContainerIsHeldAndThatIsSaidBeforeNoMatch() async throws {
        let bench = Bench()
        let pause = try await bench.inject("container.pause", ["name": "^web$"])
        await #expect { try await bench.inject("container.stop", ["name": "^web$"]) } throws: { error in
            (error as? Problem)?.type == .conflict && (error as? Problem)?.detail.contains(pause.id.text) == true
        }
        bench.host.change { node in
            node.containers = node.containers.map {
                var container = $0; container.state = "running"; return container
            }
        }
        await bench.pass(.seconds(6))
        // By the patrol: nobody has asked.
        #expect(bench.journal.openFaults.first { $0.id == pause.id }?.notes.contains { $0.contains("not paused any more") } == true)
    }
}
