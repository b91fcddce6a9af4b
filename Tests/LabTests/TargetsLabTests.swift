// Looking before hitting: the selectors and the choice of a fault, by the command line in the node.
import FaultClient
import FaultModel
import Foundation
import Testing

extension LabSuite {
    @Suite(.serialized) struct Targets {
        @Test func processesOfAUnitAreListedAsTheKernelHasThem() async throws {
            try await Lab.restoring { client in
                let main = try await Lab.node("systemctl show -P MainPID docker").text.trimmingCharacters(in: .whitespacesAndNewlines)
                let items = try await client.processes([("unit", "docker"), ("name", "^dockerd$")]).document.items
                #expect(items.map { String($0.pid) } == [main])
                #expect(items.first?.user == "root" && items.first?.command.contains("dockerd") == true)
                let text = try await Lab.cast("faultctl", "targets", "processes", "unit=docker", "name=^dockerd$").text
                #expect(text.contains(main) && text.contains("docker.service"), "\(text)")
            }
        }

        /// As pgrep leaves itself out: the words that are looked for stand in the command lines of the shell and of faultctl as well.
        @Test func whoLooksIsNotFound() async throws {
            try await Lab.restoring { client in
                try await Lab.node("systemd-run -q --unit=victim sh -c 'sleep 1000 # needle-7'")
                let victim = try await Lab.node("systemctl show -P MainPID victim").text.trimmingCharacters(in: .whitespacesAndNewlines)
                let listed = try await Lab.node("faultctl targets processes command=needle-7 -o id; true # needle-7")
                #expect(listed.text.split(separator: "\n").map(String.init) == [victim], "\(listed.text)")
                let paused = try await Lab.node("faultctl inject process.pause command=needle-7 expect=1 --lease 20s; true # needle-7")
                #expect(paused.status == 0, "\(paused.text)")
                #expect(try await Lab.node("cat /proc/\(victim)/stat").text.contains(") T "))
                _ = try await client.endAll()
                #expect(try await Lab.node("cat /proc/\(victim)/stat").text.contains(") S "))
                try await Lab.node("systemctl stop victim")
            }
        }

        @Test func theChoiceIsThatOfTheFault() async throws {
            try await Lab.restoring { client in
                let fields = [("runtime", "docker"), ("image", "lab/work"), ("count", "2"), ("seed", "11")]
                let chosen = try await client.containers(fields).document.items.map(\.name)
                let plan = try await client.plan(form: [("kind", "container.pause")] + fields).document
                #expect(plan.changes.map(\.apply) == chosen.map { "docker pause \($0)" })
                await #expect { _ = try await client.processes([("name", "nothing-like-it"), ("expect", "1")]) } throws: { error in
                    (error as? Problem)?.errors?.first?.field == "query.expect"
                }
                let interfaces = try await client.interfaces([("name", "l*")]).document.items
                #expect(interfaces.map(\.name) == ["lo"])
                let units = try await client.units([("name", "docker.*"), ("count", "1"), ("seed", "2")]).document.items
                #expect(units.count == 1)
            }
        }
    }
}
