// From a container into the node: its files, its network, its cgroups, so that every path and name means what it means on the node.
import CLinux
public import FaultModel
import Glibc

/// What a privileged container with the node's pid namespace can do, and one without can't.
public enum NodeEntry {
    /// All but pid, which only a new process could change: the container was started in the node's. The mounts are last, since /proc goes with them.
    private static let namespaces = ["cgroup", "ipc", "uts", "net", "mnt"]
    /// CLONE_FS of linux/sched.h: a root and a working directory of the thread's own, without which it may not change its mounts.
    private static let ownRoot: Int32 = 0x200

    /// Why this process can't enter, or would not find itself there.
    /// - Parameter folder: of the node, shown in the container under the same path.
    public static func check(sharing folder: String) throws(Problem) {
        guard let node = OwnProgram.identity(of: NodesView.root + "/.") else {
            throw .system("look at the node's root, \(NodesView.root)", errno: errno, hint: privilege)
        }
        guard node != OwnProgram.identity(of: "/") else {
            throw Problem(
                .badRequest, "there is no node to enter: the first process here has the same root as this one",
                hint: "a container needs the node's pid namespace: hostPID: true, or docker run --pid=host. On a node leave out --enter-node")
        }
        guard let own = OwnProgram.identity(of: folder), own == OwnProgram.identity(of: NodesView.root + folder) else {
            throw Problem(
                .badRequest, "\(folder) is not the node's \(folder): faultd's journal and its copy for the backstops would vanish with the container",
                hint: "mount it at the same path: hostPath with DirectoryOrCreate, or docker run -v \(folder):\(folder)")
        }
    }

    private static let privilege = "the container must be privileged: securityContext.privileged: true, or docker run --privileged"

    /// `nsenter --target=1 --cgroup --ipc --uts --net --mount --root COMMAND`, in place of this process.
    public static func become(_ command: [String]) throws(Problem) -> Never {
        var problem = Problem(.internalError, "\(command[0]) was not run")
        let code = ThrowAwayThread.run {
            do throws(Problem) {
                try enter()
                try Exec.run(command)
            } catch { problem = error }
        }
        if code != 0 { throw .system("start a thread to enter the node", errno: code) }
        throw problem
    }

    private static func enter() throws(Problem) {
        let root = try open(NodesView.root, O_RDONLY | O_DIRECTORY)
        let files = try namespaces.map { (name) throws(Problem) in try open("/proc/1/ns/\(name)", O_RDONLY) }
        guard unshare(ownRoot) == 0 else { throw .system("part from the other threads' root", errno: errno) }
        for (name, file) in zip(namespaces, files) {
            guard setns(file, 0) == 0 else { throw .system("enter the node's \(name) namespace", errno: errno, hint: privilege) }
        }
        // The root of a mount namespace need not be that of who lives in it.
        guard fchdir(root) == 0, chroot(".") == 0 else { throw .system("enter the node's root", errno: errno, hint: privilege) }
    }

    /// Closed by the program that is run.
    private static func open(_ path: String, _ flags: Int32) throws(Problem) -> Int32 {
        let file = Glibc.open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw .system("open \(path)", errno: errno, hint: privilege) }
        return file
    }
}

/// Another program in place of this one.
enum Exec {
    static func run(_ command: [String]) throws(Problem) -> Never {
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        words.append(nil)
        // A thread of a pool holds signals back, and what is run would inherit that: nothing could stop it but SIGKILL.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        execv(command[0], words)
        throw .system("run \(command[0])", errno: errno)
    }
}
