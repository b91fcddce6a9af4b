// Looking up units, and refusing what could not be undone.
import FaultModel
import Testing

@testable import FaultHost

extension SystemdTests {
    @Suite struct LookUp {
        @Test func aNameThatDoesNotExistComesWithThoseThatDo() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("alpha.service", UnitLab.sleeper)])
                let (units, known) = try await lab.systemd.units(matching: [lab.name("alhpa.service"), "dbus.service"])
                #expect(units.map(\.loadState) == ["not-found", "loaded"])
                #expect(nearest(to: lab.name("alhpa.service"), among: known) == lab.name("alpha.service"))
                #expect(known.contains("dbus.service"))
                #expect(try await lab.systemd.units(matching: ["dbus.service"]).known.isEmpty)
            }
        }

        @Test func aTemplateIsNoUnit() async throws {
            try await UnitLab.with { lab in
                let found = try await lab.systemd.units(matching: ["getty@.service"]).units
                #expect(found.map(\.loadState) == ["not-found"])
                #expect(found.first?.description.contains("instance") == true)
            }
        }

        @Test func patternsFindUnitFilesThatAreNotLoaded() async throws {
            try await UnitLab.with { lab in
                try await lab.units(["a.service", "b.service", "b@.service"].map { ($0, UnitLab.sleeper) }, start: ["a.service"])
                let (units, known) = try await lab.systemd.units(matching: ["\(lab.prefix)-*", lab.name("a.service")])
                #expect(units.map(\.name) == [lab.name("a.service"), lab.name("b.service")])
                #expect(units.map(\.activeState) == ["active", "inactive"])
                #expect(known.isEmpty)
                #expect(try await !lab.systemd.units(matching: ["\(lab.prefix)-none-*"]).known.isEmpty)
            }
        }

        /// Protection and claims are by name: an alias must not get round them.
        @Test func anAliasIsTheUnitItself() async throws {
            try await UnitLab.with { lab in
                let found = try await lab.systemd.units(matching: ["dbus-org.freedesktop.login1.service"]).units
                #expect(found.map(\.name) == ["systemd-logind.service"])
            }
        }

        @Test func theFootprintIsComplete() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [
                        ("a.service", UnitLab.service("Wants=@-w.service @-missing.service\nRequires=@-r.service")),
                        ("w.service", UnitLab.service("Wants=@-w2.socket")),
                        ("w2.socket", "[Socket]\nListenStream=/run/@-w2.sock\n"), ("w2.service", UnitLab.sleeper),
                        ("r.service", UnitLab.service("StopWhenUnneeded=yes")),
                        ("d.service", UnitLab.service("Requires=@-a.service")), ("d.socket", "[Socket]\nListenStream=/run/@-d.sock\n"),
                        ("idle.timer", "[Timer]\nOnActiveSec=1h\nUnit=@-a.service\n"),
                        ("gone.service", UnitLab.service("Requires=@-a.service", "Type=oneshot\nExecStart=/bin/true")),
                        ("behind.service", UnitLab.service("Requires=@-gone.service")),
                        ("t.target", "[Unit]\nRequires=@-a.service\n"), ("t2.target", "[Unit]\nWants=@-a.service\n"),
                    ], start: ["d.socket", "a.service", "d.service", "behind.service", "t.target", "t2.target"])
                // What has done its work passes nothing on to those behind it.
                #expect(try await lab.waits(for: "gone.service", "inactive"))
                let unit = try #require(try await lab.systemd.units(matching: [lab.name("a.service")]).units.first)
                #expect(unit.triggeredBy == [lab.name("d.socket")])
                #expect(Set(unit.dependents) == Set(["d.service", "t.target", "r.service"].map(lab.name)))
                #expect(unit.pulls == ["r.service", "w.service", "w2.socket"].map(lab.name))
                #expect(unit.runtime == nil)
                // And it is what systemd does.
                let undo = try await lab.inject(try await lab.change("a.service"))
                for name in ["d.socket", "d.service", "t.target", "r.service"] {
                    #expect(try await lab.waits(for: name, "inactive", .seconds(2)), "\(name)")
                }
                for name in ["t2.target", "w.service", "w2.socket", "behind.service"] { #expect(try await lab.state(name) == "active", "\(name)") }
                #expect(try await lab.systemd.revert(undo).result == .restored)
                for name in ["d.socket", "d.service", "t.target", "r.service"] { #expect(try await lab.state(name) == "active", "\(name)") }
            }
        }

        @Test func everyUnitIsListed() async throws {
            try await UnitLab.with { lab in
                try await lab.units([("a.service", UnitLab.sleeper)], start: ["a.service"])
                let units = try await lab.systemd.allUnits()
                #expect(units.contains { $0.name == lab.name("a.service") && $0.isActive && $0.subState == "running" })
                #expect(units.contains { $0.name == "dbus.socket" })
                #expect(units.allSatisfy { $0.isFound && !$0.name.hasSuffix(".device") })
            }
        }

        @Test func theCapabilityNamesTheVersion() async throws {
            try await UnitLab.with { lab in
                let report = await lab.systemd.capability()
                #expect(report.available)
                #expect(report.detail.hasPrefix("systemd 2"))
                #expect(report.detail.contains("/run/"))
            }
        }

        @Test func whatCouldNotBeUndoneIsRefused() async throws {
            try await UnitLab.with { lab in
                try await lab.units(
                    [
                        ("a.service", UnitLab.service("RefuseManualStart=yes")), ("b.service", UnitLab.service("RefuseManualStop=yes")),
                        ("c.service", UnitLab.service("Wants=@-a.service")), ("d.service", UnitLab.sleeper),
                    ], start: ["c.service", "b.service", "d.service"])
                try await lab.startTransient("t.service", requires: "d.service")
                for (short, says) in [("a", "can't be started by hand"), ("b", "RefuseManualStop"), ("t", "run time"), ("d", "goes down with it")] {
                    let change = UnitChange(units: [lab.name(short + ".service")], triggers: [], dependents: [])
                    let problem = await #expect(throws: Problem.self) { try await lab.systemd.prepare(change, for: lab.fault) }
                    #expect(problem?.type == .impossible)
                    #expect(problem?.detail.contains(says) == true, "\(problem?.detail ?? "")")
                }
                let nothing = UnitChange(units: [lab.name("nothing.service")], triggers: [], dependents: [])
                let problem = await #expect(throws: Problem.self) { try await lab.systemd.prepare(nothing, for: lab.fault) }
                #expect(problem?.type == .noSuchUnit)
                try await lab.stop("t.service")
            }
        }

        /// More questions at once than the other side would take.
        @Test func manyQuestionsAtOnce() async throws {
            try await UnitLab.with { lab in
                let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<500 { group.addTask { try await lab.systemd.units(matching: ["dbus.service"]).units.count } }
                    return try await group.reduce(0, +)
                }
                #expect(answers == 500)
            }
        }

        /// Ends that come before anybody waits for them count: a lost one would be `unknown`, a second later.
        @Test func theEndsOfManyJobsAreSeen() async throws {
            try await UnitLab.with { lab in
                let names = (0..<12).map { "n\($0).service" }
                try await lab.units(names.map { ($0, UnitLab.sleeper) })
                for member in ["StartUnit", "StopUnit", "StopUnit"] {
                    let calls = names.map { BusCall(member, [.string(lab.name($0)), .string("replace")]) }
                    for end in await lab.bus.run(calls, limit: .seconds(20)) { #expect(try end.get() == .done) }
                }
            }
        }

        /// The first address takes connections and drops them: the second one is used.
        @Test func anotherAddressServesWhenTheFirstHangsUp() async throws {
            let deaf = try DeafSocket(hangsUp: true)
            var settings = UnitLab.settings
            settings.addresses.insert(BusAddress("unix:path=\(deaf.path)"), at: 0)
            let systemd = Systemd(settings, now: UnitLab.now)
            #expect(try await systemd.units(matching: ["dbus.service"]).units.first?.isActive == true)
            deaf.close()
        }
    }
}
