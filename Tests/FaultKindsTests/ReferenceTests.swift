// docs/kinds is what the catalogue says. `make docs` writes it anew.
import FaultKinds
import FaultModel
import Glibc
import Testing

@Suite struct ReferenceTests {
    private static let folder = String(#filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }) + "/docs/kinds"

    private static var pages: [String: String] {
        var pages = ["README.md": Reference.index(Catalog.kinds)]
        for kind in Catalog.kinds { pages["\(kind.name).md"] = Reference.page(kind) }
        return pages
    }

    @Test(.enabled(if: getenv("FAULTD_WRITE_DOCS") != nil, "make docs")) func write() throws {
        mkdir(Self.folder, 0o755)
        for name in Self.files where Self.pages[name] == nil { unlink("\(Self.folder)/\(name)") }
        for (name, text) in Self.pages {
            let file = try #require(fopen("\(Self.folder)/\(name)", "w"))
            defer { fclose(file) }
            fputs(text, file)
        }
    }

    @Test(.disabled(if: getenv("FAULTD_WRITE_DOCS") != nil, "being written")) func theReferenceIsCurrent() {
        #expect(Self.files.sorted() == Self.pages.keys.sorted(), "make docs")
        for (name, text) in Self.pages { #expect(Self.text(name) == text, "docs/kinds/\(name) is not what the catalogue says: make docs") }
    }

    @Test(arguments: Catalog.kinds.map(\.name)) func everyKindTellsAllThatAUserAsks(_ name: String) throws {
        let kind = try Catalog.kind(named: name)
        for (what, text) in [
            ("touches", kind.manual.touches), ("undo", kind.manual.undo), ("backstop", kind.manual.backstop), ("next", kind.manual.next),
            ("details", kind.details),
        ] {
            #expect(text.count > 20 && text.hasSuffix("."), "\(what) is no sentence: \(text)")
        }
        #expect(!kind.examples.isEmpty && !kind.summary.hasSuffix("."))
        for example in kind.examples { _ = try kind.bind(example.spec, lenient: true) }
        for field in kind.fields { #expect(field.doc.hasSuffix("."), "\(field.name): \(field.doc)") }
    }

    private static var files: [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(withUnsafePointer(to: &entry.pointee.d_name) { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) })
        }
        return names.filter { $0.hasSuffix(".md") }
    }

    private static func text(_ name: String) -> String? {
        guard let file = fopen("\(folder)/\(name)", "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
