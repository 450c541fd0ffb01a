import ResourceStore
import StoreConformance
import Testing

@Suite("MemoryStore")
struct MemoryStoreTests {
    @Test("conforms", .timeLimit(.minutes(1)), arguments: StoreCheck.all)
    func conforms(_ check: StoreCheck) async throws {
        try await check.run(on: MemoryStore(limits: check.limits))
    }
}
