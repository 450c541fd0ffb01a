import ResourceStore
import StoreConformance
import StoreSQLite
import Testing

@Suite("SQLiteStore conforms")
struct SQLiteConformanceTests {
    @Test("to the suite of all stores", .timeLimit(.minutes(2)), arguments: StoreCheck.all)
    func conforms(_ check: StoreCheck) async throws {
        try await withTemporaryDirectory { directory in
            try await check.run(on: SQLiteStore(directory: directory, limits: check.limits))
        }
    }
}
