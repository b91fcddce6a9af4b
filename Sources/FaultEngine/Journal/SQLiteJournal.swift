// The journal on disk: SQLite with a write-ahead log, flushed at every commit.
public import FaultModel

/// What must survive the daemon. A fault is one row with its whole record as JSON; columns beside it are for finding it.
public actor SQLiteJournal: Journal {
    // A flush can take as long as the disk likes: not on the threads that everything else shares.
    private nonisolated let executor = QueueExecutor(label: "faultd.journal")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let database: SQLite
    private let lock: FileLock
    private let reserve: DiskReserve
    /// Why nothing can be written, where that is so from the start.
    private let isReadOnly: Problem?

    public enum Access: Sendable {
        /// Makes the journal if there is none.
        case readWrite
        /// Reads the journal also where it can't be written, so that what it holds can be undone at least.
        case readOnlyIfNeedBe
    }

    /// Opens the journal. Only one process at a time can have it.
    /// - Parameter patience: how long to wait for another process that has it.
    public init(path: String, patience: Duration = .zero, _ access: Access = .readWrite) async throws(Problem) {
        lock = try await FileLock.take(path + ".lock", patience: patience)
        reserve = DiskReserve(path: path + ".reserve")
        do {
            database = try Self.open(path)
            isReadOnly = nil
        } catch {
            guard access == .readOnlyIfNeedBe, error.type == .journalUnavailable else { throw error }
            do { database = try Self.openReadOnly(path) } catch _ { throw error }
            isReadOnly = error
            return
        }
        _ = reserve.make()
    }

    /// Writes nothing where everything is as it should be: a daemon must start on a full disk.
    private static func open(_ path: String) throws(Problem) -> SQLite {
        let database = try SQLite(path: path)
        if try database.text("PRAGMA journal_mode") != "wal" { try database.run("PRAGMA journal_mode = WAL") }
        // After WAL: switching to it may set NORMAL, which does not flush at commit. So it is read back as well.
        try database.run("PRAGMA synchronous = FULL")
        let level = try database.text("PRAGMA synchronous")
        guard level == "2" else { throw Problem(.journalUnavailable, "SQLite does not flush at commit (synchronous = \(level), wanted 2)") }
        if try knownVersion(database) < schemaVersion { try database.transaction { () throws(Problem) in try createTables(database) } }
        // Old history can wait for a disk with room.
        do { try prune(database) } catch {}
        return database
    }

    private static func openReadOnly(_ path: String) throws(Problem) -> SQLite {
        let database = try SQLite(path: path, .readOnly)
        guard try knownVersion(database) > 0 else { throw Problem(.journalUnavailable, "the journal \(path) is empty") }
        return database
    }

    private static let schemaVersion: Int64 = 1

    /// The version that the file is in; 0 is a new one.
    private static func knownVersion(_ database: SQLite) throws(Problem) -> Int64 {
        let version = Int64(try database.text("PRAGMA user_version")) ?? 0
        guard version <= schemaVersion else {
            throw Problem(
                .journalUnavailable, "the journal was written by a newer faultd (schema \(version), known is \(schemaVersion))",
                hint: "install that version again, or move the journal away once the node is known to be clean")
        }
        return version
    }

    private static func createTables(_ database: SQLite) throws(Problem) {
        try database.run(
            """
            CREATE TABLE IF NOT EXISTS faults (
              id TEXT PRIMARY KEY, open INTEGER NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL, idempotency_key TEXT UNIQUE, body TEXT NOT NULL
            ) WITHOUT ROWID
            """)
        try database.run("CREATE INDEX IF NOT EXISTS faults_open ON faults (open) WHERE open = 1")
        try database.run("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        try database.run("CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID")
        try database.run("PRAGMA user_version = \(schemaVersion)")
    }

    private static func prune(_ database: SQLite) throws(Problem) {
        try database.run(
            "DELETE FROM faults WHERE open = 0 AND id <= (SELECT id FROM faults WHERE open = 0 ORDER BY id DESC LIMIT 1 OFFSET ?)",
            [.integer(Int64(Limits.historyKept))])
        try database.run("DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?", [.integer(Int64(Limits.eventsKept))])
    }

    // MARK: Journal

    public func load() throws(Problem) -> JournalState {
        var state = JournalState()
        state.open = try records("SELECT body FROM faults WHERE open = 1 ORDER BY id", [])
        try database.query("SELECT body FROM settings WHERE name = 'halt'") { (row) throws(Problem) in
            state.halt = try Self.decode(row.text(0))
        }
        try database.query("SELECT coalesce(max(seq), 0) FROM events") { state.lastEvent = $0.integer(0) }
        return state
    }

    public func write(_ entries: [JournalEntry]) throws(Problem) {
        if let isReadOnly { throw isReadOnly }
        // Without a reserve there would be no room for this fault's end.
        if entries.contains(where: \.opensFault), !reserve.make() { throw Self.full }
        do { try commit(entries) } catch {
            guard database.ranOutOfRoom, entries.mayUseReserve, reserve.giveUp() else { throw error }
            try commit(entries)
        }
        _ = reserve.make()
    }

    private static var full: Problem {
        Problem(
            .journalUnavailable, "the journal's disk is full: there is no room to write down how this fault would end",
            hint: "make room on it; faults in force still end")
    }

    private func commit(_ entries: [JournalEntry]) throws(Problem) {
        try database.transaction { () throws(Problem) in
            for entry in entries { try write(entry) }
        }
    }

    private func write(_ entry: JournalEntry) throws(Problem) {
        switch entry {
        case .fault(let record):
            try database.run(
                """
                INSERT INTO faults VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET open = excluded.open, state = excluded.state, body = excluded.body
                """,
                [
                    .text(record.id.text), .integer(record.state.isFinal ? 0 : 1), .text(record.state.rawValue), .text(record.kind),
                    record.idempotencyKey.map { .text($0) } ?? .null, .text(try Self.encode(record)),
                ])
        case .event(let event):
            try database.run("INSERT OR REPLACE INTO events VALUES (?, ?)", [.integer(event.seq), .text(try Self.encode(event))])
        case .halt(nil): try database.run("DELETE FROM settings WHERE name = 'halt'")
        case .halt(let halt?): try database.run("INSERT OR REPLACE INTO settings VALUES ('halt', ?)", [.text(try Self.encode(halt))])
        }
    }

    public func fault(_ id: FaultID) throws(Problem) -> FaultRecord? {
        try records("SELECT body FROM faults WHERE id = ?", [.text(id.text)]).first
    }

    public func fault(idempotencyKey key: String) throws(Problem) -> FaultRecord? {
        try records("SELECT body FROM faults WHERE idempotency_key = ?", [.text(key)]).first
    }

    public func history(_ query: HistoryQuery, besides isKnown: @Sendable (FaultID) -> Bool) throws(Problem) -> [FaultRecord] {
        var conditions = ["id < ?"]
        var values: [SQLite.Value] = [.text(query.after?.text ?? "~")]
        if let kind = query.kind {
            conditions.append("kind = ?")
            values.append(.text(kind))
        }
        if !query.states.isEmpty {
            conditions.append("state IN (\(query.states.map { _ in "?" }.joined(separator: ", ")))")
            values += query.states.map { .text($0.rawValue) }
        }
        // Labels are matched here, not in SQL: few histories are filtered by them.
        let limit = query.labels.isEmpty ? query.limit : Limits.historyKept
        let sql = "SELECT id, body FROM faults WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?"
        var records: [FaultRecord] = []
        try database.query(sql, values + [.integer(Int64(limit))]) { (row) throws(Problem) in
            // Reading a record costs more than finding it.
            if let id = FaultID(row.text(0)), isKnown(id) { return }
            records.append(try Self.decode(row.text(1)))
        }
        return Array(records.filter(query.matches).prefix(query.limit))
    }

    public func events(after seq: Int64, limit: Int) throws(Problem) -> [Event] {
        var events: [Event] = []
        let sql = "SELECT body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        try database.query(sql, [.integer(seq), .integer(Int64(limit))]) { (row) throws(Problem) in
            events.append(try Self.decode(row.text(0)))
        }
        return events
    }

    private func records(_ sql: String, _ values: [SQLite.Value]) throws(Problem) -> [FaultRecord] {
        var records: [FaultRecord] = []
        try database.query(sql, values) { (row) throws(Problem) in records.append(try Self.decode(row.text(0))) }
        return records
    }

    // MARK: JSON

    private static func encode(_ value: some Encodable) throws(Problem) -> String {
        do { return try value.jsonText() } catch { throw Problem(.internalError, "could not write a record as JSON: \(error)") }
    }

    private static func decode<T: Decodable>(_ text: String) throws(Problem) -> T {
        do {
            guard let json = JSONValue(parsing: text.utf8) else { throw Problem(.journalUnavailable, "the journal holds a row that is not JSON") }
            return try json.decoded()
        } catch let problem as Problem { throw problem } catch {
            throw Problem(.journalUnavailable, "the journal holds a row that this version can't read: \(error)")
        }
    }
}
