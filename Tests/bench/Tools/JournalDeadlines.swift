// When leases ended to the nanosecond: the API tells milliseconds, the journal of a daemon that has ended tells all.
import CSQLite

enum JournalDeadlines {
    /// By fault, in nanoseconds since boot.
    static func read(_ path: String) throws -> [String: Int64] {
        var database: OpaquePointer?
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else { throw Failure("could not open \(path)") }
        defer { sqlite3_close(database) }
        let query = "SELECT id, json_extract(body, '$.lease.grantedAt.boot') + json_extract(body, '$.lease.nanoseconds') FROM faults"
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else {
            throw Failure("could not read \(path): \(String(cString: sqlite3_errmsg(database)))")
        }
        defer { sqlite3_finalize(statement) }
        var deadlines: [String: Int64] = [:]
        while sqlite3_step(statement) == SQLITE_ROW {
            guard let id = sqlite3_column_text(statement, 0) else { continue }
            deadlines[String(cString: id)] = sqlite3_column_int64(statement, 1)
        }
        return deadlines
    }
}
