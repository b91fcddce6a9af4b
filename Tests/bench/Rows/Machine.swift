// What the machine itself takes for the parts that every way of doing things is made of.
import Glibc

func measureMachine(_ bench: Bench) throws -> [Line] {
    let tool = try Tool("true")
    try Tool("mkdir").run(["-p", bench.folder])
    let file = open(bench.folder + "/flushed", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure.system("write into \(bench.folder)") }
    defer { close(file) }
    var (forks, flushes) = (Samples(), Samples())
    let page = [UInt8](repeating: 1, count: 4096)
    for _ in 0..<bench.effort.quick {
        forks.add(try Clock.time { try tool.run([]) })
        flushes.add(
            try Clock.time {
                guard write(file, page, page.count) == page.count, fdatasync(file) == 0 else { throw Failure.system("flush a file") }
            })
    }
    return [
        Line("machine.fork", "for scale: a process that does nothing (`true`)", forks),
        Line("machine.flush", "for scale: 4 KiB appended to a file and flushed", flushes),
    ]
}
