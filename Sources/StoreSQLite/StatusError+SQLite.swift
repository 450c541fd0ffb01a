import CorbelAPI
import GRDB

extension StatusError {
    /// The one place where an error of SQLite becomes one of ours.
    init(_ error: DatabaseError) {
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .serviceUnavailable, "the disk of the store is full: nothing was written", retryAfter: .seconds(10))
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_NOMEM:
            self.init(
                .serviceUnavailable, "the store cannot use its files: \(error.plainMessage)", retryAfter: .seconds(10))
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .serviceUnavailable, "another process holds the store's database: \(error.plainMessage)",
                retryAfter: .seconds(1))
        case .SQLITE_TOOBIG:
            self.init(.requestEntityTooLarge, "the object is larger than the store takes")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.internalError, "the store's database is damaged: \(error.plainMessage)")
        default:
            self.init(.internalError, "the store's database failed: \(error.plainMessage)")
        }
    }

    static func mapping<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StatusError(error)
        }
    }

    /// Names the file as well: whoever starts a program is told what to look at.
    static func opening<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            var named = StatusError(error)
            named.message = "\(path): \(named.message)"
            throw named
        }
    }

    static func mapping<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw StatusError(error)
        }
    }
}

extension DatabaseError {
    /// Without the statement and its arguments, which may hold a secret.
    fileprivate var plainMessage: String { "\(message ?? "no message") (SQLite \(extendedResultCode.rawValue))" }
}
