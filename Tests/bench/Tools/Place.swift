// A network namespace of our own, and the way in and out of it.
import CLinux
import Glibc

/// Gone with the last process in it and the last descriptor.
final class Place: Sendable {
    private let descriptor: Int32

    /// The one that this program was started in.
    static let home = Place(descriptor: open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC))
    private static let networks: Int32 = 0x4000_0000  // CLONE_NEWNET

    private init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    static func make() throws -> Place {
        _ = home
        guard unshare(networks) == 0 else { throw Failure.system("make a network namespace") }
        let place = Place(descriptor: open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC))
        defer { home.enter() }
        try Tool("ip").run(["link", "set", "lo", "up"])
        return place
    }

    /// For this thread, and for what it starts.
    func enter() {
        if setns(descriptor, Self.networks) != 0 { fatalError("could not enter a network namespace") }
    }

    func within<T>(_ work: () throws -> T) rethrows -> T {
        enter()
        defer { Place.home.enter() }
        return try work()
    }
}
