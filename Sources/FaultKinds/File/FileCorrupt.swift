// file.corrupt: files whose bytes have changed.
public import FaultModel

/// Changes bytes in place, keeps those that were there, and writes them back.
public struct FileCorrupt: FaultKind {
    public struct Parameters: Sendable {
        var selection: FileSelection
        var bytes: Int64
        var offset: Int64?
    }

    public init() {}

    private static let bytes = Field<ByteSize>(
        "bytes", default: ByteSize(512), "How many bytes of each file are changed; all of them where it has fewer.",
        check: { $0.bytes > 0 ? nil : "must be at least 1" })
    private static let offset = Field<ByteSize>(
        "offset", "Where the changed bytes begin, in one piece. Otherwise they are spread over the file in pieces of 512, by the seed.")
    /// One sector.
    private static let piece: Int64 = 512
    /// More places than this would make the journal's record long; the pieces grow instead.
    private static let most: Int64 = 256

    public let name = "file.corrupt"
    public let summary = "Change bytes of files"
    public let details = """
        Saves bytes of each file in faultd's state directory, durably, and writes others in their place: every chosen byte differs from what it \
        was, and the same seed changes the same bytes in the same way. The file keeps its size and stays the same one, so whoever has it open \
        reads the changed bytes too.
        """
    public var manual: KindManual {
        .ofFiles(
            touches: "The chosen bytes of the chosen files, in place. At most 256 MiB are changed and saved.",
            undo: """
                Each piece that is still as it was changed is written back, and the time of change set back. A piece that somebody has written \
                to meanwhile is left as it is, what was there before is kept in the state directory, and the drift says where.
                """,
            next: """
                What reads the file meets garbage: checksums fail, parsers refuse. A program that rewrites the whole file heals it by itself. \
                What it has copied elsewhere meanwhile stays corrupt.
                """)
    }
    public let requires: [Capability] = [.files]
    public var fields: [FieldDescription] { FileSelection.fields + [Self.bytes.description, Self.offset.description] }
    public var examples: [KindExample] {
        [
            KindExample("The head of a database", ["path": "/srv/app/data.db", "offset": "0", "bytes": "100"]),
            KindExample("Eight sectors anywhere, the same ones every time", ["path": "/srv/app/data.db", "bytes": "4KiB", "seed": "7"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(
            selection: FileSelection.read(&reader), bytes: reader.read(Self.bytes)?.bytes ?? Self.piece, offset: reader.read(Self.offset)?.bytes)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        var (files, notes) = try parameters.selection.files(on: node)
        let seed = parameters.selection.choice.seed.map(Int64.init) ?? Int64(bitPattern: node.entropy)
        if parameters.selection.choice.seed == nil { notes.append("seed=\(seed) changes the same bytes in the same way") }
        var targets: [FileTarget] = []
        for file in files { targets.append(FileTarget(file, ranges: try Self.ranges(of: file, parameters, seed))) }
        return FileSelection.plan(.corrupt(seed: seed), targets, notes: notes)
    }

    private static func ranges(of file: FileStatus, _ parameters: Parameters, _ seed: Int64) throws(Problem) -> [FileRange] {
        let start = parameters.offset ?? 0
        guard file.size > start else {
            throw Problem(
                .noEffect, "\(file.path) has \(file.size) bytes: there is nothing to change at \(start)",
                errors: [.init("spec.offset", "must be less than \(file.size)")])
        }
        let bytes = min(parameters.bytes, file.size - start)
        guard parameters.offset == nil, bytes < file.size else { return [FileRange(offset: start, length: bytes)] }
        return spread(bytes, over: file.size, seed)
    }

    /// One piece somewhere in each of as many equal stripes as there are pieces.
    static func spread(_ bytes: Int64, over size: Int64, _ seed: Int64) -> [FileRange] {
        let pieces = min(most, (bytes + piece - 1) / piece)
        let stripe = size / pieces
        var random = SplitMix64(seed: UInt64(bitPattern: seed))
        return (0..<pieces).map { index in
            let length = bytes / pieces + (index < bytes % pieces ? 1 : 0)
            return FileRange(offset: index * stripe + Int64.random(in: 0...max(0, stripe - length), using: &random), length: min(length, stripe))
        }
    }
}
