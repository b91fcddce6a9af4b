// faultd check-config: is the file right, and what does it come to.
import ArgumentParser
import FaultEngine
import FaultModel

struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Check the configuration file and show what it comes to.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try options.load()
        let policy = settings.policy
        print("\(options.config): ok")
        print("  socket           \(settings.socketPath), mode 0\(String(settings.socketMode, radix: 8)), group \(settings.socketGroup ?? "none")")
        print("  state_directory  \(settings.stateDirectory)")
        print("  log_level        \(settings.logLevel.rawValue)")
        print("  packet_backend   \(settings.packetBackend.rawValue)")
        print("  leases           \(policy.defaultLease.text) by default, \(policy.maxLease.text) at most")
        print("  max_faults       \(policy.maxFaults)")
        print("  max_targets      \(policy.maxTargets)")
        print("  require_backstop \(policy.requireBackstop)")
        print("  admins           \((["root"] + policy.admins).joined(separator: ", "))")
        print("  protected_ports  \(policy.protection.ports.map(\.text).joined(separator: ", "))")
        print("  protected_units  \(policy.protection.units.joined(separator: ", "))")
        print("  protected_paths  \(policy.protection.paths.joined(separator: ", "))")
        print("  denied_kinds     \(policy.deniedKinds.isEmpty ? "none" : policy.deniedKinds.joined(separator: ", "))")
    }
}
