// file.delete: files are not there.
public import FaultModel

/// Takes files away and puts the very same ones back.
public struct FileDelete: FaultKind {
    public struct Parameters: Sendable { var selection: FileSelection }

    public init() {}

    public let name = "file.delete"
    public let summary = "Take files away, and put them back"
    public let details = """
        Renames each file to a hidden name in its own directory, so that whoever opens it by its name finds nothing. Whoever has it open keeps \
        it. At the end the same file, with its owner, mode, times and hard links, has its name again.
        """
    public var manual: KindManual {
        .ofFiles(
            touches: "The chosen files: each is renamed to .faultd-ID-N in its own directory.",
            undo: """
                Each is renamed back. If somebody has made a file of that name meanwhile, theirs stays, the original stays under its hidden \
                name, and the drift names it.
                """,
            next: """
                Programs that have the file open go on with it. Those that open it anew fail with ENOENT, or make a new one: then see undo.
                """)
    }
    public let requires: [Capability] = [.files]
    public var fields: [FieldDescription] { FileSelection.fields }
    public var examples: [KindExample] {
        [
            KindExample("A service's configuration", ["path": "/srv/app/config.yaml"]),
            KindExample("One of the certificates, chosen at random", ["path": "/srv/app/*.pem", "count": "1", "seed": "7"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters { Parameters(selection: FileSelection.read(&reader)) }
    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (files, notes) = try parameters.selection.files(on: node)
        return FileSelection.plan(.delete, files.map { FileTarget($0) }, notes: notes)
    }
}
