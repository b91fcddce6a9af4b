// A thin typed wrapper over SQLite's C interface: open, prepare, bind, step.
import CSQLite
import FaultModel

/// One connection. Used by one thread at a time: the journal's.
final class SQLite {
    private let handle: OpaquePointer
    /// Statements that are not in use, by their text: each is compiled once.
    private var statements: [String: OpaquePointer] = [:]
    private static let statementsKept = 32
    /// What could not be written last had no room, as far as SQLite can tell.
    private(set) var ranOutOfRoom = false

    enum Access {
        case readWrite
        /// For a file system that can't be written: nothing is made, nothing locked, and a write-ahead log is read where there is one.
        case readOnly
    }

    init(path: String, _ access: Access = .readWrite) throws(Problem) {
        var raw: OpaquePointer?
        let code = Self.open(path, access, &raw)
        guard code == SQLITE_OK, let raw else {
            let text = String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(raw)
            throw Problem(.journalUnavailable, "the journal \(path) can't be opened: \(text)", hint: "check the folder, its owner and the disk")
        }
        handle = raw
        // The journal is alone (`FileLock`). So told, SQLite needs no file of shared memory beside its log, nor any temporary one.
        try run("PRAGMA locking_mode = EXCLUSIVE")
        try run("PRAGMA temp_store = MEMORY")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    private static func open(_ path: String, _ access: Access, _ raw: inout OpaquePointer?) -> Int32 {
        switch access {
        case .readWrite: return sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        case .readOnly:
            // A lock would need a descriptor that can write, and a log that is not there can't be made; see sqlite.org/wal.html, "Read-Only Databases".
            let hasLog = sqlite3_open_v2(path + "-wal", &raw, SQLITE_OPEN_READONLY, nil) == SQLITE_OK
            sqlite3_close_v2(raw)
            let name = "file:\(path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23"))"
            let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
            return sqlite3_open_v2(name + (hasLog ? "" : "?immutable=1"), &raw, flags, "unix-none")
        }
    }

    func run(_ sql: String, _ values: [Value] = []) throws(Problem) { try query(sql, values) { (_) throws(Problem) in } }

    /// Calls `row` for every row of the result.
    func query(_ sql: String, _ values: [Value] = [], row: (Row) throws(Problem) -> Void) throws(Problem) {
        guard let statement = try take(sql) else { return }
        defer { keep(statement, sql) }
        for (index, value) in values.enumerated() { try check(value.bind(to: statement, at: Int32(index + 1))) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw problem(code) }
            try row(Row(statement: statement))
        }
    }

    private func take(_ sql: String) throws(Problem) -> OpaquePointer? {
        if let known = statements.removeValue(forKey: sql) { return known }
        var raw: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil))
        return raw
    }

    private func keep(_ statement: OpaquePointer, _ sql: String) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
        guard statements.count < Self.statementsKept, statements[sql] == nil else {
            sqlite3_finalize(statement)
            return
        }
        statements[sql] = statement
    }

    /// The first column of the first row.
    func text(_ sql: String) throws(Problem) -> String {
        var text = ""
        try query(sql) { (row) throws(Problem) in if text.isEmpty { text = row.text(0) } }
        return text
    }

    /// All of `work` or nothing of it.
    func transaction(_ work: () throws(Problem) -> Void) throws(Problem) {
        try run("BEGIN IMMEDIATE")
        do {
            try work()
            try run("COMMIT")
        } catch {
            // A full disk has rolled back already. The error is the one to tell: what a rollback leaves, SQLite rolls back at the next open.
            if sqlite3_get_autocommit(handle) == 0 { do { try run("ROLLBACK") } catch {} }
            throw error
        }
    }

    private func check(_ code: Int32) throws(Problem) {
        guard code == SQLITE_OK else { throw problem(code) }
    }

    private func problem(_ code: Int32) -> Problem {
        let full = code == SQLITE_FULL || code == SQLITE_IOERR
        ranOutOfRoom = full
        return Problem(
            .journalUnavailable, "the journal can't be used: \(String(cString: sqlite3_errmsg(handle)))",
            hint: full ? "make room on its disk; faults in force still end" : nil)
    }

    enum Value {
        case text(String)
        case integer(Int64)
        case null

        /// SQLITE_TRANSIENT: SQLite copies the text before the call returns.
        private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

        fileprivate func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
            switch self {
            case .text(let text): sqlite3_bind_text(statement, index, text, -1, Self.transient)
            case .integer(let number): sqlite3_bind_int64(statement, index, number)
            case .null: sqlite3_bind_null(statement, index)
            }
        }
    }

    struct Row {
        fileprivate let statement: OpaquePointer

        func text(_ column: Int32) -> String { sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "" }
        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    }
}
