// What undoing needs beside the journal: the undo itself, for a node whose journal is lost, and what was cut off or overwritten.
import CLinux
import FaultModel
import FoundationEssentials
import Glibc

/// A directory of notes and saved bytes, each there wholly and durably, or not at all.
struct UndoStore: Sendable {
    /// Such as `/var/lib/faultd/undo`.
    let directory: String
    let steps: EffectSteps
    private static let noteSuffix = ".json"

    // MARK: notes

    private func note(_ fault: FaultID, _ part: String) -> String { "\(directory)/\(fault.text.lowercased())-\(part)\(Self.noteSuffix)" }

    /// Before the first effect.
    func write(_ undo: Undo) throws(Problem) {
        guard let json = try? undo.jsonBytes() else { throw Problem(.internalError, "an undo could not be written as JSON") }
        let path = note(undo.part.fault, undo.mechanism)
        try steps("note")
        try place(path, json[...])
    }

    /// When the effect is gone.
    func drop(_ undo: Undo) throws(Problem) {
        try steps("drop note")
        try remove(note(undo.part.fault, undo.mechanism))
    }

    /// Of one mechanism: what is still to be undone, by those notes.
    func artefacts(_ part: String, _ mechanism: Artefact.Mechanism) -> [Artefact] {
        names().compactMap { name in
            guard name.hasSuffix("-\(part)\(Self.noteSuffix)"), let fault = FaultID(String(name.prefix(26))) else { return nil }
            return Artefact(mechanism: mechanism, fault: fault, name: "\(directory)/\(name)")
        }
    }

    /// Nil where it is gone by now.
    func undo(in artefact: Artefact) throws(Problem) -> Undo? {
        guard let file = try OpenFile.existing(artefact.name) else { return nil }
        let bytes = try file.read(at: 0, Int(try file.status().size))
        do { return try JSONDecoder().decode(Undo.self, from: Data(bytes)) } catch {
            throw Problem(
                .hostFailure, "\(artefact.name) can't be read: \(error)", hint: "it says what a fault changed: look at it before removing it")
        }
    }

    private func names() -> [String] {
        guard let listing = opendir(directory) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.sorted()
    }

    // MARK: saved bytes

    func savedPath(_ fault: FaultID, _ index: Int) -> String { "\(directory)/\(fault.text.lowercased())-\(index).saved" }

    /// The ranges of the file, one after the other.
    func save(_ file: OpenFile, _ target: FileTarget, _ fault: FaultID, _ index: Int) throws(Problem) {
        let path = savedPath(fault, index)
        try place(path) { (copy) throws(Problem) in
            var position: Int64 = 0
            for range in target.ranges {
                var done: Int64 = 0
                while done < range.length {
                    try steps("save")
                    let bytes = try file.read(at: range.offset + done, Int(min(Int64(steps.chunk), range.length - done)))
                    guard !bytes.isEmpty else { throw Problem(.conflict, "\(target.path) became shorter while it was saved") }
                    try copy.write(bytes[...], at: position)
                    (done, position) = (done + Int64(bytes.count), position + Int64(bytes.count))
                }
            }
        }
    }

    /// Nil where nothing was saved, so that nothing can have been changed.
    func saved(_ fault: FaultID, _ index: Int) throws(Problem) -> OpenFile? { try OpenFile.existing(savedPath(fault, index)) }

    func dropSaved(_ fault: FaultID, _ index: Int) throws(Problem) {
        try steps("drop saved")
        try remove(savedPath(fault, index))
    }

    /// For whoever owns the file: what can't be put back is not thrown away.
    func keepSaved(_ fault: FaultID, _ index: Int) throws(Problem) -> String {
        let kept = "\(directory)/\(fault.text.lowercased())-\(index).kept"
        guard rename(savedPath(fault, index), kept) == 0 || errno == ENOENT else { throw .system("keep what was saved as \(kept)", errno: errno) }
        return kept
    }

    /// Refuses what has no room.
    func requireRoom(for bytes: Int64) throws(Problem) {
        guard bytes <= Limits.savedBytes else {
            throw Problem(
                .impossible, "\(ByteSize(bytes).rounded) would have to be saved, and one fault may save \(ByteSize(Limits.savedBytes).rounded)",
                hint: "choose fewer files, or change less of each")
        }
        var disk = CLinux.faultd_filesystem()
        let parent = String(directory[..<(directory.lastIndex(of: "/") ?? directory.endIndex)])
        guard bytes > 0, faultd_filesystem(parent, &disk) == 0, disk.free - bytes < Limits.diskFloor else { return }
        throw Problem(
            .impossible, "\(ByteSize(bytes).rounded) would have to be saved, and \(parent) has only \(ByteSize(disk.free).rounded) left",
            hint: "\(ByteSize(Limits.diskFloor).rounded) stay free there for the journal")
    }

    // MARK: durable files

    private func place(_ path: String, _ bytes: ArraySlice<UInt8>) throws(Problem) {
        try place(path) { (file) throws(Problem) in try file.write(bytes, at: 0) }
    }

    /// Written under another name, flushed, and renamed.
    private func place(_ path: String, _ fill: (OpenFile) throws(Problem) -> Void) throws(Problem) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw .system("make the directory \(directory)", errno: errno) }
        let half = path + ".half"
        unlink(half)
        let file = try OpenFile.new(half)
        do throws(Problem) {
            try fill(file)
            try file.sync()
            try steps("place")
            guard rename(half, path) == 0 else { throw Problem.system("make \(path)", errno: errno) }
        } catch {
            unlink(half)
            throw error
        }
        try OpenFile.directory(directory)?.sync()
    }

    private func remove(_ path: String) throws(Problem) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("remove \(path)", errno: errno) }
    }
}
