import APIMachinery
import APIServer
import CorbelAPI
import Effects
import EffectsLinux
import HostRegistration
import ResourceClient
import ResourceStore
import Testing

@testable import Centre

@Suite("Who is answered about a pivot")
struct PivotHandlerTests {
    private static func cluster() -> EdgeCluster {
        var cluster = EdgeCluster(namespace: "default", name: "shop")
        cluster.json["spec"] = [
            "profiles": [["name": "base", "version": "1.0.0"]],
            "pools": [["name": "masters", "role": "control-plane", "hosts": ["m1"]]],
        ]
        return cluster
    }

    /// The status code of what a host of `shop` is answered.
    private func status(isApproved: Bool = true, isRevoked: Bool = false, hasOwnUID: Bool = true) async throws -> Int {
        let server = APIServer(
            .init(registry: .centre, authorizer: MastersAuthorizer(), version: "0"), store: MemoryStore(),
            clock: SystemClock(), random: SystemRandom())
        let client = server.client(as: CentreServer.systemUser)
        _ = try await client.create(Namespace(name: "default"), by: "test")
        _ = try await client.create(Self.cluster(), by: "test")
        var host = EdgeHost(namespace: "default", name: "m1")
        host.isApproved = isApproved
        if isRevoked { host.json["spec", "revoked"] = true }
        host.consumerCluster = "shop"
        _ = try await client.create(host, by: "test")
        let uid = try await client.find(EdgeHost.self, namespace: "default", name: "m1")?.uid ?? ""
        let identity = HostIdentity(namespace: "default", name: "m1")
        let request = APIRequest(
            method: "GET", path: PivotHandler.pathPrefix + "default/shop",
            user: identity.user(uid: hasOwnUID ? uid : "another"))
        guard case .document(let document) = await PivotHandler(client: client).handle(request) else { return 0 }
        return document.status
    }

    @Test("A host that is not approved, is revoked, or has another's certificate is refused")
    func refusals() async throws {
        // The pivot has not begun: that much is said to the host itself.
        #expect(try await status() == 404)
        #expect(try await status(isApproved: false) == 403)
        #expect(try await status(isRevoked: true) == 403)
        #expect(try await status(hasOwnUID: false) == 403)
    }
}
