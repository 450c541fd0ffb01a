import ResourceStore
import StoreConformance
import StoreEtcd
import Testing

@Suite("EtcdStore conforms", .serialized)
struct EtcdConformanceTests {
    @Test("to the suite of all stores", .timeLimit(.minutes(2)), arguments: StoreCheck.all)
    func conforms(_ check: StoreCheck) async throws {
        try await withEtcd { etcd in
            let configuration = EtcdStore.Configuration(endpoints: [etcd.endpoint], limits: check.limits)
            try await withStore(configuration) { try await check.run(on: $0) }
        }
    }
}
