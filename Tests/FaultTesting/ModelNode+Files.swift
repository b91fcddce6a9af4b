// The files and filesystems of the model node.
import FaultModel

extension ModelNode {
    private static let files: [FileStatus] = [
        ("/srv/app/config.yaml", 4096), ("/srv/app/data.db", 1 << 20), ("/srv/app/one.pem", 1024), ("/srv/app/two.pem", 1024), ("/etc/passwd", 2048),
    ].enumerated().map { index, file in
        FileStatus(path: file.0, device: 1, inode: Int64(index), size: file.1, mode: 0o644, uid: 1000, gid: 1000)
    }

    func fileSights(_ asked: String) -> [FileSight] {
        let found = Self.files.filter { Glob.matches(asked, $0.path) }.map { FileSight(asked: asked, path: $0.path, file: $0) }
        return found.isEmpty && !Glob.isPattern(asked) ? [FileSight(asked: asked, path: asked, problem: "does not exist")] : found
    }

    /// A tenth of 100 GiB is used.
    func diskSight(_ path: String) -> DiskSight {
        var disk = DiskSight(path: path)
        (disk.device, disk.type) = (1, "ext4")
        (disk.total, disk.free, disk.available) = (100 << 30, 90 << 30, 85 << 30)
        return disk
    }

    /// What is noted outside the journal: changes that last.
    var notedArtefacts: [Artefact] {
        Set(overlays.map { [$0.mechanism, $0.fault.text] }).sorted { $0[1] < $1[1] }.compactMap { noted in
            guard let mechanism = Artefact.Mechanism(rawValue: noted[0]), [.files, .disk].contains(mechanism) else { return nil }
            return Artefact(mechanism: mechanism, fault: FaultID(noted[1]), name: noted.joined(separator: " "))
        }
    }

    mutating func removeNoted(_ artefact: Artefact) {
        overlays.removeAll { $0.fault == artefact.fault && $0.mechanism == artefact.mechanism.rawValue }
    }
}
