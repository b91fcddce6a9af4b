// The image of faultd, made by deploy/image/build of the programs that are tested, and loaded into the node's runtimes: no registry is needed.
import FaultModel
import Foundation
import Testing

enum FaultdImage {
    static let name = "docker.io/library/faultd:lab"
    private static let archive = "/var/tmp/faultd-image.tar"

    static var repository: String {
        get throws {
            URL(fileURLWithPath: try Lab.setting("FAULTD_LAB")).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .path
        }
    }

    /// Once for all tests.
    static func load() async throws {
        if try await Lab.node("test -e \(archive)").status == 0 { return }
        let path = "\(try Lab.setting("LAB"))/nodes/\(try Lab.setting("FAULTD_LAB_NODE"))/root\(archive)"
        let build = "BUILD=\(try Lab.setting("FAULTD_LAB_BUILD"))"
        let built = try await Lab.run("/usr/bin/env", build, "TAG=\(name)", "\(try repository)/deploy/image/build", path + ".half")
        try #require(built.status == 0, "\(built.text)")
        let loaded = try await Lab.node(
            "docker load -qi \(archive).half && ctr -n k8s.io images import \(archive).half && mv \(archive).half \(archive)")
        try #require(loaded.status == 0, "\(loaded.text)")
    }
}
