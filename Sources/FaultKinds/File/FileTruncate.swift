// file.truncate: files lose their end.
public import FaultModel

/// Cuts files short, keeps what was cut off, and appends it again.
public struct FileTruncate: FaultKind {
    public struct Parameters: Sendable {
        var selection: FileSelection
        var size: Int64
    }

    public init() {}

    private static let size = Field<ByteSize>("size", default: ByteSize(0), "What is left of each file: so many bytes of its beginning.")

    public let name = "file.truncate"
    public let summary = "Cut files short"
    public let details = """
        Saves the end of each file in faultd's state directory, durably, and cuts it off in place, as a crash of the machine or a full disk does. \
        The file stays the same one, so whoever has it open sees it too.
        """
    public var manual: KindManual {
        .ofFiles(
            touches: "The content of the chosen files, in place. At most 256 MiB are cut off and saved.",
            undo: """
                What was cut off is appended again, and the time of change set back. A file that somebody has written to meanwhile is left \
                as it is: what was cut off is kept in the state directory, and the drift says where.
                """,
            next: "Readers meet the end early; a program that maps the file gets SIGBUS beyond it. Logs that are appended to count as written to.")
    }
    public let requires: [Capability] = [.files]
    public var fields: [FieldDescription] { FileSelection.fields + [Self.size.description] }
    public var examples: [KindExample] {
        [
            KindExample("Empty", ["path": "/srv/app/config.yaml"]),
            KindExample("All but the first 64 KiB", ["path": "/srv/app/data.db", "size": "64KiB"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(selection: FileSelection.read(&reader), size: reader.read(Self.size)?.bytes ?? 0)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (files, notes) = try parameters.selection.files(on: node)
        for file in files where file.size <= parameters.size {
            throw Problem(
                .noEffect, "\(file.path) has \(file.size) bytes: cutting it to \(parameters.size) would change nothing",
                errors: [.init("spec.size", "must be less than \(file.size)")])
        }
        let targets = files.map { FileTarget($0, ranges: [FileRange(offset: parameters.size, length: $0.size - parameters.size)]) }
        return FileSelection.plan(.truncate, targets, notes: notes)
    }
}
