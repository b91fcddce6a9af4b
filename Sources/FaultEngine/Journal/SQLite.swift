// A thin typed wrapper over SQLite's C interface: open, prepare, bind, step.
import CSQLite
import FaultModel

/// One connection. Used by one thread at a time: the journal's.
final class SQLite {
    private let handle: OpaquePointer

    init(path: String) throws(Problem) {
        var raw: OpaquePointer?
        let code = sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let raw else {
            let text = String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(raw)
            throw Problem(.journalUnavailable, "the journal \(path) can't be opened: \(text)", hint: "check the folder, its owner and the disk")
        }
        handle = raw
    }

    deinit { sqlite3_close_v2(handle) }

    func run(_ sql: String, _ values: [Value] = []) throws(Problem) { try query(sql, values) { (_) throws(Problem) in } }

    /// Calls `row` for every row of the result.
    func query(_ sql: String, _ values: [Value] = [], row: (Row) throws(Problem) -> Void) throws(Problem) {
        var raw: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &raw, nil))
        guard let statement = raw else { return }
        defer { sqlite3_finalize(statement) }
        for (index, value) in values.enumerated() { try check(value.bind(to: statement, at: Int32(index + 1))) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw problem(code) }
            try row(Row(statement: statement))
        }
    }

    /// All of `work` or nothing of it.
    func transaction(_ work: () throws(Problem) -> Void) throws(Problem) {
        try run("BEGIN IMMEDIATE")
        do {
            try work()
            try run("COMMIT")
        } catch {
            // The error is the one to tell; a rollback that fails leaves a transaction that SQLite rolls back at the next open.
            do { try run("ROLLBACK") } catch {}
            throw error
        }
    }

    private func check(_ code: Int32) throws(Problem) {
        guard code == SQLITE_OK else { throw problem(code) }
    }

    private func problem(_ code: Int32) -> Problem {
        let full = code == SQLITE_FULL || code == SQLITE_IOERR
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
