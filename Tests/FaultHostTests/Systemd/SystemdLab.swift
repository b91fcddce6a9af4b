// A real manager to test against, and units made for one test on it.
import FaultModel
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import FaultHost

/// The manager that `FAULTD_TEST_BUS` names: inside a lab node `unix:path=/run/systemd/private` or the system bus; from outside only
/// the system bus, below the root of the node's first process in /proc, for a manager hangs up on a peer that has no pid where it is.
enum TestManager {
    static let address = ProcessInfo.processInfo.environment["FAULTD_TEST_BUS"]
    static let reason: Comment = "needs a systemd that may be experimented on: FAULTD_TEST_BUS=unix:path=/run/systemd/private, inside a lab node"

    /// The root of the file system that this manager sees, as seen from here.
    static let root: String = {
        guard let address, let end = address.firstRange(of: "/run/")?.lowerBound else { return "" }
        return String(address[..<end].drop { $0 != "/" })
    }()
}

/// One test's own units: written as unit files into the node's `/run`, gone afterwards.
final class UnitLab: Sendable {
    let bus: Bus
    let systemd: Systemd
    let fault: FaultID
    /// Starts every name that this test makes.
    let prefix: String
    private let files = Mutex<[String]>([])
    private let undos = Mutex<[UnitUndo]>([])

    private init(_ settings: Systemd.Settings) {
        bus = Bus(addresses: settings.addresses, limit: .seconds(20))
        systemd = Systemd(settings, now: UnitLab.now)
        fault = UnitLab.freshID()
        prefix = "ht\(fault.text.suffix(6).lowercased())"
    }

    static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let boot = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return Moment(boot: boot, wall: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
    }

    static func freshID() -> FaultID {
        FaultID(time: now().wall, random: (UInt64.random(in: 0 ... .max), UInt16.random(in: 0 ... .max)))
    }

    static var settings: Systemd.Settings {
        var settings = Systemd.Settings()
        settings.addresses = [BusAddress(TestManager.address ?? "unix:path=/nonexistent")]
        settings.revertCommand = []
        settings.jobLimit = .seconds(20)
        return settings
    }

    static func with(_ settings: Systemd.Settings = UnitLab.settings, _ body: (UnitLab) async throws -> Void) async throws {
        let lab = UnitLab(settings)
        let result: Result<Void, any Error>
        do { result = .success(try await body(lab)) } catch { result = .failure(error) }
        await lab.cleanUp()
        try result.get()
    }

    // MARK: units

    /// Writes unit files and starts what is named. `@` in a file stands for this test's prefix.
    func units(_ texts: [(name: String, text: String)], start: [String] = []) async throws {
        let folder = "\(TestManager.root)/run/systemd/system"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in texts {
            let path = "\(folder)/\(prefix)-\(name)"
            try text.replacing("@", with: prefix).write(toFile: path, atomically: true, encoding: .utf8)
            files.withLock { $0.append(path) }
        }
        _ = try await bus.call(BusCall("Reload"), limit: .seconds(60))
        for name in start { try await self.start(name) }
    }

    /// A file that unit files can make conditions of, at `/run/@.flag` in the node.
    private var flag: String { "\(TestManager.root)/run/\(prefix).flag" }
    func raiseFlag() throws { try "".write(toFile: flag, atomically: true, encoding: .utf8) }
    func lowerFlag() { unlink(flag) }
    func removeFile(of short: String) { unlink("\(TestManager.root)/run/systemd/system/\(name(short))") }

    func name(_ short: String) -> String { "\(prefix)-\(short)" }

    static let sleeper = "[Service]\nExecStart=/bin/sleep 1000\n"
    static func service(_ unit: String = "", _ service: String = "ExecStart=/bin/sleep 1000") -> String { "[Unit]\n\(unit)\n[Service]\n\(service)\n" }

    func start(_ short: String) async throws { try await job("StartUnit", name(short)) }
    func stop(_ short: String) async throws { try await job("StopUnit", name(short)) }

    /// `systemd-run -p Requires=OTHER sleep 1000`.
    func startTransient(_ short: String, requires other: String) async throws {
        let execution = BusValue.structure([.string("/bin/sleep"), .strings(["sleep", "1000"]), .bool(false)])
        let properties: [BusValue] = [
            .structure([.string("ExecStart"), .variant(.array(of: "(sasb)", [execution]))]),
            .structure([.string("Requires"), .variant(.strings([name(other)]))]),
        ]
        let call = BusCall(
            "StartTransientUnit", [.string(name(short)), .string("fail"), .array(of: "(sv)", properties), .array(of: "(sa(sv))", [])])
        #expect(try await bus.run([call], limit: .seconds(5))[0].get() == .done)
    }

    private func job(_ member: String, _ unit: String) async throws {
        for end in await bus.run([BusCall(member, [.string(unit), .string("replace")])], limit: .seconds(20)) {
            #expect(try end.get() == .done, "\(member) \(unit)")
        }
    }

    func properties(_ full: String) async throws -> UnitProperties {
        UnitProperties(try await bus.call(BusCall(propertiesOf: unitPath(full), interface: "org.freedesktop.systemd1.Unit")))
    }

    /// When the unit last became active by the manager's own clock, in the nanoseconds of `monotonicNow`.
    func activeSince(_ short: String) async throws -> Int64 {
        let reply = try await bus.call(BusCall(propertiesOf: unitPath(name(short)), interface: "org.freedesktop.systemd1.Unit"))
        return Int64(try #require(reply.first?.dictionary["ActiveEnterTimestampMonotonic"]?.number)) * 1000
    }

    func state(_ short: String) async throws -> String { try await properties(name(short)).activeState }

    /// Waits for a unit to be in a state; false after the limit.
    func waits(for short: String, _ state: String, _ limit: Duration = .seconds(10)) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await self.state(short) == state { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    // MARK: the fault

    /// The change that stops a unit, as the kind would plan it.
    func change(_ short: String) async throws -> UnitChange {
        let unit = try #require(try await systemd.units(matching: [name(short)]).units.first)
        return UnitChange(units: [unit.name], triggers: unit.triggeredBy, dependents: unit.dependents)
    }

    func prepare(_ change: UnitChange) async throws -> UnitUndo {
        let undo = try await systemd.prepare(change, for: fault)
        undos.withLock { $0.append(undo) }
        return undo
    }

    /// Prepares, arms for `lease` and applies.
    @discardableResult
    func inject(_ change: UnitChange, lease: Duration = .seconds(60)) async throws -> UnitUndo {
        let undo = try await prepare(change)
        let deadline = Self.now() + lease
        _ = try await systemd.arm(undo, until: deadline)
        _ = try await systemd.apply(change, undo: undo, until: deadline)
        return undo
    }

    // MARK: afterwards

    private func cleanUp() async {
        for undo in undos.withLock({ $0 }) { try? await systemd.disarm(undo.timer) }
        let paths = files.withLock { $0 }
        let names = paths.map { String($0.split(separator: "/").last ?? "") }
        let stops = names.filter { !$0.contains("@") }.map { BusCall("StopUnit", [.string($0), .string("replace")]) }
        _ = await bus.run(stops, limit: .seconds(20))
        for runtime in [true, false] { _ = try? await bus.call(BusCall("UnmaskUnitFiles", [.strings(names), .bool(runtime)])) }
        for path in paths { unlink(path) }
        // For one that refuses to be stopped by hand; its end takes a moment.
        for name in names { _ = try? await bus.call(BusCall("KillUnit", [.string(name), .string("all"), .int32(SIGKILL)])) }
        try? await Task.sleep(for: .milliseconds(50))
        for name in names { _ = try? await bus.call(BusCall("ResetFailedUnit", [.string(name)])) }
        _ = try? await bus.call(BusCall("Reload"), limit: .seconds(60))
    }
}
