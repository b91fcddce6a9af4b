// Files that outrank a unit's own: exactly ours are put there, and exactly ours are removed.
import FaultModel
import FoundationEssentials
import Glibc
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite(.enabled(if: TestManager.root.isEmpty, "writes into the node's own /run: run it inside the node")) struct Overrides {
        private func start(_ lab: UnitLab, _ override: UnitOverrideChange.Override, _ names: [String]) async throws
            -> (UnitOverrides, UnitOverrideChange, UnitOverrideUndo)
        {
            let overrides = UnitOverrides(systemd: lab.systemd)
            let change = UnitOverrideChange(override, units: names.map(lab.name))
            return (overrides, change, try await overrides.prepare(change, for: lab.fault))
        }

        /// Links that lead nowhere count.
        private func exists(_ path: String) -> Bool {
            var byte: CChar = 0
            return readlink(path, &byte, 1) >= 0 || access(path, F_OK) == 0
        }

        @Test(arguments: ["/run/systemd/system", "/etc/systemd/system"])
        func aMaskHoldsWhereverTheUnitFileIs(_ folder: String) async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let name = lab.name("a.service")
                if folder.hasPrefix("/etc") {
                    try UnitLab.sleeper.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
                    _ = try await lab.bus.call(BusCall("Reload"), limit: .seconds(60))
                }
                defer { unlink("/etc/systemd/system/\(name)") }
                let (overrides, change, undo) = try await start(lab, .mask, ["a.service"])
                let evidence = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                #expect(evidence == Evidence(observations: [.init(name, "masked, active (running)")], drift: []))
                let again = await #expect(throws: Problem.self) { try await overrides.prepare(change, for: UnitLab.freshID()) }
                #expect(again?.type == .noEffect)
                try await lab.stop("a.service")
                let refused = await lab.bus.run([BusCall("StartUnit", [.string(name), .string("replace")])], limit: .seconds(5))[0]
                #expect(throws: BusError.self) { try refused.get() }
                #expect(try await overrides.inventory().map(\.fault) == [lab.fault, lab.fault])
                #expect(try await overrides.revert(undo) == RevertOutcome(.restored))
                for path in [UnitOverrideFile.link(of: name), UnitOverrideFile.mark(of: lab.fault), UnitOverrideFile.marks] { #expect(!exists(path)) }
                #expect(try await overrides.inventory().isEmpty)
                try await lab.start("a.service")
                #expect(try await overrides.revert(undo) == RevertOutcome(.alreadyGone))
            }
        }

        @Test func aRevertThatDiedBeforeTheReloadIsFinishedByTheNext() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let (overrides, change, undo) = try await start(lab, .mask, ["a.service"])
                _ = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                _ = try OverrideFiles().unmask(lab.name("a.service"), lab.fault)
                #expect(try await lab.properties(lab.name("a.service")).loadState == "masked")
                _ = try await overrides.revert(undo)
                #expect(try await lab.properties(lab.name("a.service")).loadState == "loaded")
                #expect(try await overrides.inventory().isEmpty)
            }
        }

        @Test func whatCrashedWhileRestartCouldNotActIsStartedAndWhatWasStoppedIsNot() async throws {
            try await UnitLab.with { lab in
                let service = UnitLab.service("", "ExecStart=/bin/sleep 1000\nRestart=always")
                try await lab.units([("a.service", service), ("b.service", service)], start: ["a.service", "b.service"])
                let (overrides, change, undo) = try await start(lab, .mask, ["a.service", "b.service"])
                _ = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                _ = try await lab.bus.call(BusCall("KillUnit", [.string(lab.name("a.service")), .string("all"), .int32(SIGKILL)]))
                try await lab.stop("b.service")
                #expect(try await lab.waits(for: "a.service", "failed"))
                let outcome = try await overrides.revert(undo)
                #expect(outcome == RevertOutcome(.restored, notes: ["\(lab.name("a.service")) was started again"]))
                #expect(try await lab.state("a.service") == "active")
                #expect(try await lab.state("b.service") == "inactive")
            }
        }

        @Test func somebodyElsesLinkInItsPlaceStays() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let (overrides, change, undo) = try await start(lab, .mask, ["a.service"])
                let link = UnitOverrideFile.link(of: lab.name("a.service"))
                _ = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                unlink(link)
                symlink("/dev/null", link)
                let outcome = try await overrides.revert(undo)
                #expect(outcome.result == .superseded)
                #expect(outcome.drift.first?.hasPrefix(link) == true, "\(outcome.drift)")
                #expect(exists(link))
                #expect(try await overrides.inventory().isEmpty)
                unlink(link)
                _ = try await lab.bus.call(BusCall("Reload"), limit: .seconds(60))
                symlink("/run/other", link)
                let problem = await #expect(throws: Problem.self) { try await overrides.prepare(change, for: lab.fault) }
                #expect([.impossible, .noSuchUnit, .noEffect].contains(problem?.type))
                unlink(link)
            }
        }

        @Test func withoutTheJournalMarksAreEnough() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let (overrides, change, undo) = try await start(lab, .mask, ["a.service"])
                _ = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                try OverrideFiles().limit(lab.name("a.service"), [UnitLimit(.tasksMax, 7)], for: lab.fault)
                let found = try await overrides.inventory()
                #expect(found.count == 3)
                for artefact in found { try await overrides.remove(artefact) }
                #expect(try await lab.properties(lab.name("a.service")).loadState == "loaded")
                #expect(!exists(UnitOverrideFile.folder(of: lab.name("a.service"))))
                #expect(try await overrides.inventory().isEmpty)
                // Nothing but what carries a mark.
                try await overrides.remove(Artefact(mechanism: .unitOverrides, fault: nil, name: "/run/systemd/system/\(lab.name("a.service"))"))
                #expect(exists("/run/systemd/system/\(lab.name("a.service"))"))
            }
        }

        // MARK: limits

        @Test(.enabled(if: !Cgroups.current.has("cpu"), "needs a node without a cpu controller, as the lab's v2 node on a v1 host"))
        func withoutTheControllerALimitIsRefusedAndNamesIt() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let problem = await #expect(throws: Problem.self) { try await start(lab, .limits([UnitLimit(.cpuQuota, 2000)]), ["a.service"]) }
                #expect(problem?.type == .missingDependency)
                #expect(problem?.detail.contains("no \"cpu\" controller") == true)
            }
        }

        @Test(.enabled(if: Cgroups.current.has("cpu") && Cgroups.current.has("memory"), "needs a node whose limits bite: a hybrid one"))
        func aLimitIsInTheCgroupAndGoesWithItsFile() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.service("", "ExecStart=/bin/sleep 1000\nCPUQuota=80%"))], start: ["a.service"])
                let limits = [UnitLimit(.cpuQuota, 2000), UnitLimit(.memoryMax, 64 << 20), UnitLimit(.tasksMax, 9)]
                let (overrides, change, undo) = try await start(lab, .limits(limits), ["a.service"])
                let group = try await lab.systemd.details(lab.name("a.service")).controlGroup
                #expect(LimitCheck.isEnforced(UnitLimit(.cpuQuota, 8000), in: group))
                let evidence = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                #expect(evidence.drift == [] && evidence.observations?.count == 3)
                #expect(limits.allSatisfy { LimitCheck.isEnforced($0, in: group) })
                // Over a restart too.
                _ = await lab.bus.run([BusCall("RestartUnit", [.string(lab.name("a.service")), .string("replace")])], limit: .seconds(9))
                #expect(try await overrides.observe(undo).drift == [])
                #expect(try await overrides.revert(undo) == RevertOutcome(.restored))
                #expect(LimitCheck.isEnforced(UnitLimit(.cpuQuota, 8000), in: group))
                #expect(!LimitCheck.isEnforced(limits[2], in: group))
                #expect(!exists(UnitOverrideFile.folder(of: lab.name("a.service"))))
                #expect(try await lab.properties(lab.name("a.service")).dropInPaths.isEmpty)
            }
        }

        @Test(.enabled(if: Cgroups.current.has("pids"), "needs a node whose limits bite: a hybrid one"))
        func somebodyElsesLimitMeanwhileStays() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let (overrides, change, undo) = try await start(lab, .limits([UnitLimit(.tasksMax, 9)]), ["a.service"])
                _ = try await overrides.apply(change, undo: undo, until: UnitLab.now() + .seconds(60))
                let theirs = BusValue.array(of: "(sv)", [.structure([.string("TasksMax"), .variant(.uint64(33))])])
                _ = try await lab.bus.call(BusCall("SetUnitProperties", [.string(lab.name("a.service")), .bool(true), theirs]))
                #expect(try await overrides.observe(undo).drift?.count == 1)
                let outcome = try await overrides.revert(undo)
                #expect(outcome.drift.count == 1 && outcome.drift[0].contains("TasksMax of \(lab.name("a.service")) is 33"), "\(outcome)")
                let group = try await lab.systemd.details(lab.name("a.service")).controlGroup
                #expect(LimitCheck.isEnforced(UnitLimit(.tasksMax, 33), in: group))
                let folder = UnitOverrideFile.folder(of: lab.name("a.service"))
                #expect(exists("\(folder)/50-TasksMax.conf"))
                unlink("\(folder)/50-TasksMax.conf")
                rmdir(folder)
            }
        }
    }
}
