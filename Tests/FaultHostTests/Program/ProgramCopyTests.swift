// The copy of the program that backstops run: whole, durable, replaced in one step, and left alone when it is the same.
import FaultModel
import Foundation
import Testing

@testable import FaultHost

@Suite struct ProgramCopyTests {
    /// A folder with three small parts in it, and the copy's folder beside them.
    private func with(_ body: (ProgramCopy, [OwnProgram.Part], (String, String) throws -> Void) throws -> Void) throws {
        let base = NSTemporaryDirectory() + "program-copy-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: base + "/from", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: base) }
        let parts = ["faultd", "ld-linux-any.so.2", "libc.so.6"].map { OwnProgram.Part(name: $0, path: "\(base)/from/\($0)") }
        func write(_ name: String, _ text: String) throws { try text.write(toFile: "\(base)/from/\(name)", atomically: true, encoding: .utf8) }
        for part in parts { try write(part.name, "first \(part.name)") }
        try body(ProgramCopy(folder: base + "/program"), parts, write)
    }

    private func text(_ copy: ProgramCopy, _ name: String) throws -> String {
        try String(contentsOfFile: "\(copy.folder)/\(name)", encoding: .utf8)
    }

    private func inode(_ copy: ProgramCopy) -> String? { OwnProgram.identity(of: copy.folder) }

    @Test func itHasEveryPartAndItsConfigurationAndIsRunByItsLoader() throws {
        try with { copy, parts, _ in
            let folder = copy.folder
            let command = try copy.make(parts, configuration: "log_level: debug\n")
            #expect(command == ["\(folder)/ld-linux-any.so.2", "--library-path", folder, "\(folder)/faultd"])
            for part in parts {
                #expect(try text(copy, part.name) == "first \(part.name)")
                #expect(access("\(folder)/\(part.name)", X_OK) == 0)
            }
            #expect(try text(copy, "faultd.yaml") == "log_level: debug\n")
            #expect(copy.configurationPath == "\(folder)/faultd.yaml")
            #expect(OwnProgram.identity(of: folder + ".new") == nil)
        }
    }

    @Test func theSameIsLeftAndAnythingElseIsReplacedAsAWhole() throws {
        try with { copy, parts, write in
            _ = try copy.make(parts, configuration: "")
            let first = inode(copy)
            _ = try copy.make(parts, configuration: "")
            #expect(inode(copy) == first)
            // Of the same length; and a library that is not used any more goes.
            try write("faultd", "other faultd")
            try "old".write(toFile: copy.folder + "/libold.so", atomically: true, encoding: .utf8)
            _ = try copy.make(parts, configuration: "")
            #expect(inode(copy) != first)
            #expect(try text(copy, "faultd") == "other faultd")
            #expect(OwnProgram.identity(of: copy.folder + "/libold.so") == nil)
            let second = inode(copy)
            _ = try copy.make(parts, configuration: "log_level: info\n")
            #expect(inode(copy) != second)
            #expect(try text(copy, "faultd.yaml") == "log_level: info\n")
        }
    }

    /// A half of one that a crash left is neither taken for it nor in the way.
    @Test func whatACrashLeftIsMadeAnew() throws {
        try with { copy, parts, _ in
            let half = copy.folder + ".new"
            try FileManager.default.createDirectory(atPath: half, withIntermediateDirectories: false)
            try "half".write(toFile: half + "/faultd", atomically: true, encoding: .utf8)
            _ = try copy.make(parts, configuration: "")
            #expect(try text(copy, "faultd") == "first faultd")
            #expect(OwnProgram.identity(of: half) == nil)
        }
    }

    @Test func withoutAPartNothingIsReplaced() throws {
        try with { copy, parts, _ in
            _ = try copy.make(parts, configuration: "")
            let first = inode(copy)
            let more = parts + [OwnProgram.Part(name: "libgone.so", path: "/nonexistent/libgone.so")]
            #expect(throws: Problem.self) { try copy.make(more, configuration: "") }
            #expect(inode(copy) == first)
        }
    }

    @Test func thisProgramKnowsItsParts() throws {
        let parts = try OwnProgram.parts()
        #expect(parts.first?.name == "faultd")
        for name in ["libc.so.6", "libsystemd.so.0", "libip4tc.so.2", "libsqlite3.so.0"] { #expect(parts.contains { $0.name == name }, "\(name)") }
        #expect(parts.contains { ProgramCopy.isLoader($0.name) })
        #expect(!parts.contains { $0.name.contains("vdso") })
        for part in parts { #expect(access(part.path, R_OK) == 0, "\(part.path)") }
    }
}
