import FaultModel
import Foundation
import Testing

// Docker's and CRI's answers in the model's words.
@testable import FaultHost

struct DockerTypesTests {
    func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T { try JSONDecoder().decode(type, from: Data(text.utf8)) }

    static let list = """
        [{"Id":"aa11","Names":["/other/alias","/web"],"Image":"nginx:1","ImageID":"sha256:1","Command":"x","Created":1767225600,"Ports":[],
          "Labels":{"team":"edge"},"State":"running","Status":"Up 2 hours","HostConfig":{"NetworkMode":"default"},"Mounts":[]},
         {"Id":"bb22bb22bb22bb22","Names":null,"Image":"sha256:2","Created":0,"Labels":null,"State":"dead","Status":"Dead"}]
        """

    @Test func aListTellsNamesWithoutSlashesAndWithoutLinks() throws {
        let containers = try decode([DockerSummary].self, Self.list).map { Container($0, kind: .docker) }
        #expect(containers.map(\.name) == ["web", "bb22bb22bb22"])
        #expect(containers[0].labels == ["team": "edge"] && containers[1].labels == [:])
        #expect(containers[0].createdAt?.text == "2026-01-01T00:00:00.000Z")
        #expect(containers.map(\.isRunning) == [true, false])
    }

    @Test(
        arguments: [
            ("k8s_POD_web_default_1_0", [:], true), ("k8s_nginx_web_default_1_0", [:], false),
            ("any", ["io.kubernetes.docker.type": "podsandbox"], true), ("any", ["io.kubernetes.docker.type": "container"], false),
            ("any", ["io.kubernetes.container.name": "POD"], true), ("my-infra", [:], false),
        ] as [(String, [String: String], Bool)])
    func aPauseContainerIsKnownByNameOrLabel(name: String, labels: [String: String], isSandbox: Bool) {
        #expect(Container.isDockerSandbox(name, labels, .docker) == isSandbox)
    }

    @Test func podmanNamesItsPauseContainersInfra() { #expect(Container.isDockerSandbox("0123-infra", [:], .podman)) }

    func inspection(state: String, policy: String = "always") -> String {
        """
        {"Id":"aa11","Name":"/web","Created":"2026-01-01T00:00:00.25Z","State":\(state),"Config":{"Image":"nginx:1","Labels":null},
         "HostConfig":{"AutoRemove":false,"RestartPolicy":{"Name":"\(policy)","MaximumRetryCount":0}}}
        """
    }
    static let running =
        #"{"Status":"running","Running":true,"Pid":4242,"ExitCode":0,"StartedAt":"2026-01-01T00:00:00.5Z","FinishedAt":"0001-01-01T00:00:00Z"}"#

    @Test func anInspectionTellsTheRun() throws {
        let run = ContainerRun(try decode(DockerInspection.self, inspection(state: Self.running)), kind: .docker)
        #expect(run.isAlive && run.pid == 4242 && run.startedAt == "2026-01-01T00:00:00.5Z" && run.endTime == nil && run.health == nil)
        #expect(run.container.name == "web" && run.container.restartPolicy == "always" && run.container.image == "nginx:1")
    }

    @Test func aContainerMadeWithNoPolicyHasThePolicyNo() throws {
        let run = ContainerRun(try decode(DockerInspection.self, inspection(state: Self.running, policy: "")), kind: .docker)
        #expect(run.container.restartPolicy == "no")
    }

    @Test(arguments: [("paused", true), ("restarting", false), ("exited", false), ("dead", false), ("created", false), ("removing", false)])
    func onlyARunningOrPausedOneIsAlive(status: String, isAlive: Bool) throws {
        let state = Self.running.replacing(#""Status":"running""#, with: #""Status":"\#(status)""#)
        #expect(ContainerRun(try decode(DockerInspection.self, inspection(state: state)), kind: .docker).isAlive == isAlive)
    }

    @Test func healthIsDatedByTheFirstCheckOfThisRunThatSucceeded() throws {
        let log = """
            [{"Start":"2025-12-31T23:59:59Z","End":"2025-12-31T23:59:59.5Z","ExitCode":0},
             {"Start":"2026-01-01T00:00:01Z","End":"2026-01-01T00:00:01.5Z","ExitCode":1},
             {"Start":"2026-01-01T00:00:02Z","End":"2026-01-01T01:00:02.5+01:00","ExitCode":0},
             {"Start":"2026-01-01T00:00:03Z","End":"2026-01-01T00:00:03.5Z","ExitCode":0}]
            """
        let state = String(Self.running.dropLast()) + #","Health":{"Status":"healthy","FailingStreak":0,"Log":\#(log)}}"#
        let run = ContainerRun(try decode(DockerInspection.self, inspection(state: state)), kind: .docker)
        #expect(run.health == .healthy(since: Timestamp(text: "2026-01-01T00:00:02.5Z")))
        let none = state.replacing(#""Status":"healthy""#, with: #""Status":"none""#)
        #expect(ContainerRun(try decode(DockerInspection.self, inspection(state: none)), kind: .docker).health == nil)
    }

    @Test(
        arguments: [
            ("1.41", "1.12", "1.41"), ("1.53", "1.44", "1.44"), ("1.53", "1.24", "1.41"), ("1.9", "1.8", "1.9"), ("1.40", nil, "1.40"),
        ] as [(String, String?, String)])
    func theAPIVersionIsTheOneWrittenForOrTheNearest(engine: String, oldest: String?, chosen: String) {
        #expect(DockerVersion(version: "x", apiVersion: engine, minAPIVersion: oldest).chosen == chosen)
    }

    @Test func queriesArePercentEncoded() {
        #expect(DockerHTTP.encode(#"{"a":["x-1_.~"]}"#) == "%7B%22a%22%3A%5B%22x-1_.~%22%5D%7D")
        #expect(DockerHTTP.encode("ä/") == "%C3%A4%2F")
    }

    @Test(
        arguments: [
            ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123Z"), ("2026-01-01T02:30:00+02:30", "2026-01-01T00:00:00.000Z"),
            ("2025-12-31T19:00:00.5-05:00", "2026-01-01T00:00:00.500Z"), ("0001-01-01T00:00:00Z", nil), ("", nil), ("soon", nil),
        ] as [(String, String?)])
    func timesAreReadWithAnyOffset(text: String, utc: String?) { #expect(Timestamp(runtime: text)?.text == utc) }
}
