// The pages of the program and its libraries that are in memory.
import Glibc

public enum ProgramText {
    /// Lets go of every page of code. Those that are still needed come back at once from the kernel's cache; the others, which the start needed or
    /// which the kernel has mapped along with them, do not. Locked ones stay.
    public static func forget() {
        for line in (SmallFile.read("/proc/self/maps") ?? "").split(separator: "\n") {
            // Nothing is ever written to these (proc_pid_maps(5)): `START-END r-xp OFFSET DEVICE INODE PATH`.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { continue }
            let ends = words[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]), ends[0] < ends[1] else { continue }
            madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
        }
    }
}
