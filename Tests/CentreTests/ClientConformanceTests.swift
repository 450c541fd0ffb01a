import ClientConformance
import KubeClient
import Testing

@Suite("The client over HTTP", .timeLimit(.minutes(3)))
struct ClientConformanceTests {
    @Test("conforms")
    func conforms() async throws {
        try await RunningCentre.with { centre in
            try await centre.withClient { client in
                for check in ClientCheck.all {
                    do {
                        try await check.run(on: client)
                    } catch {
                        Issue.record("\(check): \(error)")
                    }
                }
            }
        }
    }
}
