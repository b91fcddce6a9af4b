// file.permission: files that may not be read, or belong to somebody else.
public import FaultModel

/// Changes mode, owner or group, and puts back what was there.
public struct FilePermission: FaultKind {
    public struct Parameters: Sendable {
        var selection: FileSelection
        var mode: UInt32?
        var uid: UInt32?
        var gid: UInt32?
    }

    public init() {}

    private static let mode = Field<String>(
        "mode", "The mode while it lasts, octal; 0000 when neither it nor an owner is given.",
        check: { UInt32($0, radix: 8).map { $0 <= 0o7777 } == true ? nil : "must be an octal mode such as \"0000\" or \"0644\"" })
    private static let uid = Field<Int>("uid", "The owner while it lasts, by number.", check: isID)
    private static let gid = Field<Int>("gid", "The group while it lasts, by number.", check: isID)
    private static let isID: @Sendable (Int) -> String? = {
        UInt32(exactly: $0).map { $0 < .max } == true ? nil : "must be the number of a user or group"
    }

    public let name = "file.permission"
    public let summary = "Change who may use files"
    public let details = """
        Sets mode, owner or group of files. The kernel asks for permission when a file is opened: who has it open goes on, and root, or whoever \
        has CAP_DAC_OVERRIDE, is never refused.
        """
    public var manual: KindManual {
        .ofFiles(
            touches: "Mode, owner and group of the chosen files, as far as they are given.",
            undo: """
                Mode, owner and group are set to what they were, and the file's capabilities, which a change of owner clears. What somebody \
                else has set meanwhile stays, and is told as drift.
                """,
            next: "Programs that open the file anew fail with EACCES unless they run as root. Those that have it open notice nothing.")
    }
    public let requires: [Capability] = [.files]
    public var fields: [FieldDescription] { FileSelection.fields + [Self.mode.description, Self.uid.description, Self.gid.description] }
    public var examples: [KindExample] {
        [
            KindExample("Nobody but root may open it", ["path": "/srv/app/config.yaml"]),
            KindExample("Read-only, and root's", ["path": "/srv/app/data.db", "mode": "0444", "uid": "0", "gid": "0"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        let selection = FileSelection.read(&reader)
        let mode = reader.read(Self.mode).flatMap { UInt32($0, radix: 8) }
        let (uid, gid) = (reader.read(Self.uid).flatMap { UInt32(exactly: $0) }, reader.read(Self.gid).flatMap { UInt32(exactly: $0) })
        return Parameters(selection: selection, mode: mode ?? (uid == nil && gid == nil ? 0 : nil), uid: uid, gid: gid)
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { parameters.selection.query }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        let (files, notes) = try parameters.selection.files(on: node)
        for file in files where parameters.isMet(by: file) {
            throw Problem(.noEffect, "\(file.path) has that mode and owner already: setting them would change nothing")
        }
        let act = FileAct.permission(mode: parameters.mode, uid: parameters.uid, gid: parameters.gid)
        return FileSelection.plan(act, files.map { FileTarget($0) }, notes: notes)
    }
}

extension FilePermission.Parameters {
    fileprivate func isMet(by file: FileStatus) -> Bool {
        (mode ?? file.mode) == file.mode && (uid ?? file.uid) == file.uid && (gid ?? file.gid) == file.gid
    }
}
