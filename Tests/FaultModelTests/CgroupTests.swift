// Whose a cgroup is, by its path.
import FaultModel
import Testing

@Suite struct CgroupTests {
    static let id = String(repeating: "0123456789abcdef", count: 4)

    @Test(
        arguments: [
            ("/system.slice/nginx.service", "nginx.service"), ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/app.service", "user@1000.service"),
            ("/user.slice/user-0.slice/session-1.scope", "session-1.scope"), ("/init.scope", "init.scope"), ("/docker/\(id)", nil), ("/", nil),
        ] as [(String, String?)])
    func theUnitIsTheFirstThatIsNoSlice(path: String, unit: String?) { #expect(Cgroup.unit(of: path) == unit) }

    @Test(arguments: [
        "/system.slice/docker-\(id).scope", "/docker/\(id)", "/kubepods/besteffort/pod1234/\(id)",
        "/kubepods.slice/x.slice/cri-containerd-\(id).scope",
        "/machine.slice/libpod-\(id).scope/container", "/kubepods.slice/crio-\(id).scope",
    ])
    func theContainerIsItsDeepestID(path: String) { #expect(Cgroup.container(of: path) == Self.id) }

    @Test(arguments: ["/system.slice/docker.service", "/user.slice", "/docker/\(id.dropLast())", "/"])
    func nothingElseIsAContainer(path: String) { #expect(Cgroup.container(of: path) == nil) }
}
