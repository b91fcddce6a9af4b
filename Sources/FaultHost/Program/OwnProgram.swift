// This very program: how it is run again, and what it is made of.
import CLinux
import FaultModel
import Glibc

public enum OwnProgram {
    /// Words that run it. A copy (see `ProgramCopy`) is run by the loader in its folder, which the kernel therefore takes for the program.
    public static var command: [String] {
        guard let path else { return ["/usr/bin/faultd"] }
        return isCopy ? ProgramCopy.command(loader: path) : [path]
    }

    /// Whether it was started as a copy of what came in a container.
    public static var isCopy: Bool { path.map(ProgramCopy.isLoader) ?? false }

    private static var path: String? { SmallFile.link("/proc/self/exe", limit: Int(PATH_MAX)) }

    /// Whether what has a path here is what the service manager finds under the same path: it is a program of the same root.
    public static var sharesTheManagersRoot: Bool {
        ProcessTable.name(of: 1) == "systemd" && identity(of: "/") == identity(of: NodesView.root + "/.")
    }

    /// The units that this process is in: whoever stops one of them stops it.
    public static var units: [String] { ProcessTable.ownUnits() }

    /// Device and inode: the same for one file that is seen from two places.
    public static func identity(of path: String) -> String? {
        var identity = faultd_file_identity()
        return faultd_identify(path, &identity) == 0 ? "\(identity.device):\(identity.inode)" : nil
    }

    /// What people see in ps(1): run by its loader, it would have the loader's name.
    public static func takeName() { if isCopy { try? SmallFile.write(ProgramCopy.program, to: "/proc/self/comm") } }

    /// One of its files.
    struct Part {
        /// As whoever needs it asks for it: `libc.so.6`.
        var name: String
        var path: String
    }

    /// The program, its loader and every library, as `ldd` lists them.
    static func parts() throws(Problem) -> [Part] {
        var parts: [Part] = []
        var index: Int32 = 0
        while let name = faultd_loaded_object(index).map({ String(cString: $0) }) {
            if index == 0 { parts.append(Part(name: ProgramCopy.program, path: path ?? "/proc/self/exe")) }
            // What has no path is the kernel's own: linux-vdso.so.1.
            if let slash = name.lastIndex(of: "/") { parts.append(Part(name: String(name[name.index(after: slash)...]), path: try real(name))) }
            index += 1
        }
        return parts
    }

    private static func real(_ path: String) throws(Problem) -> String {
        guard let real = realpath(path, nil) else { throw .system("find \(path)", errno: errno) }
        defer { free(real) }
        return String(cString: real)
    }
}
