import ClientConformance
import Testing

@Suite("The client in the same process")
struct ConformanceTests {
    @Test("conforms", .timeLimit(.minutes(1)), arguments: ClientCheck.all)
    func conforms(_ check: ClientCheck) async throws {
        try await check.run(on: try await Server().client)
    }
}
