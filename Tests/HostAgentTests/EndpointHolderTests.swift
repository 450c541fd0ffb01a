import CorbelAPI
import Effects
import KubeClient
import ScriptedEffects
import Synchronization
import Testing

@testable import HostAgent

@Suite("The site's endpoint", .timeLimit(.minutes(1)))
struct EndpointHolderTests {
    /// A site whose endpoint is `host`, while it answers.
    private final class Site: Sendable {
        let answers = Mutex(true)
        let endpoint: Mutex<String>

        init(_ host: String) { endpoint = Mutex(host) }

        func reply() throws -> HTTPReply {
            guard answers.withLock({ $0 }) else { throw StatusError(.serviceUnavailable, "no connection") }
            var cluster = EdgeCluster(namespace: "default", name: "edge")
            cluster.spec = ["network": ["controlPlaneEndpoint": ["host": .string(endpoint.withLock { $0 })]]]
            return HTTPReply([
                "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeClusterList", "metadata": ["resourceVersion": "1"],
                "items": [Unstructured(cluster).json],
            ])
        }
    }

    private static func commands() -> RecordedCommands {
        RecordedCommands { command in
            let isQuestion = command.arguments.contains("show")
            return CommandResult(.exited(0), output: isQuestion ? Array(#"[{"ifname": "eth0"}]"#.utf8) : [])
        }
    }

    /// What was done with addresses.
    private func changes(_ host: TestHost) -> [String] { host.commands.lines.filter { !$0.contains("show") } }

    /// Lets a holder run on a host while `body` acts.
    private func holding(
        _ site: Site, files: [String: String] = [:],
        _ body: (TestHost, SiteLeadership, KubeClient) async throws -> Void
    ) async throws {
        let host = try TestHost(files: files, commands: Self.commands()) { _ in try site.reply() }
        let client = KubeClient(
            server: "https://127.0.0.1:6444", sender: host.sender, registry: .site, userAgent: "test")
        let leadership = SiteLeadership()
        let holder = EndpointHolder(
            namespace: "default", ownAddress: TestHost.address, effects: host.effects, directory: host.directory,
            logger: host.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await holder.run(leadership)
                } catch is CancellationError {
                    // The test has seen enough.
                }
            }
            try await body(host, leadership, client)
            group.cancelAll()
        }
    }

    @Test("whoever leads holds the address, and lets go of it when it no longer does")
    func holds() async throws {
        try await holding(Site("192.0.2.9")) { host, leadership, client in
            await host.time.advance(by: .seconds(1))
            #expect(changes(host) == [])
            await leadership.begin(client)
            await host.time.advance(by: .seconds(1))
            #expect(changes(host) == ["ip address replace 192.0.2.9/32 dev eth0"])
            #expect(await eventually { host.balancer.listeners == [SocketEndpoint(host: "192.0.2.9", port: 6443)] })
            await host.time.advance(by: .seconds(5))
            #expect(changes(host).count == 1)
            await leadership.end()
            await host.time.advance(by: .seconds(1))
            #expect(
                changes(host) == [
                    "ip address replace 192.0.2.9/32 dev eth0", "ip address delete 192.0.2.9/32 dev eth0",
                ])
            #expect(host.balancer.listeners == [])
        }
    }

    @Test("a site that is silent for a while keeps its endpoint where it is, and one that names another moves it")
    func keeps() async throws {
        let site = Site("192.0.2.9")
        try await holding(site) { host, leadership, client in
            await leadership.begin(client)
            await host.time.advance(by: .seconds(1))
            site.answers.withLock { $0 = false }
            for _ in 0..<5 { await host.time.advance(by: .seconds(1)) }
            #expect(changes(host) == ["ip address replace 192.0.2.9/32 dev eth0"])
            site.answers.withLock { $0 = true }
            site.endpoint.withLock { $0 = "2001:db8::9" }
            for _ in 0..<3 { await host.time.advance(by: .seconds(1)) }
            #expect(
                changes(host) == [
                    "ip address replace 192.0.2.9/32 dev eth0", "ip address delete 192.0.2.9/32 dev eth0",
                    "ip address replace 2001:db8::9/128 dev eth0",
                ])
        }
    }

    @Test(
        "a name, and the address of a host of the site, are nobody's to hold",
        arguments: ["api.example", TestHost.address, "192.0.2.12"])
    func leaves(endpoint: String) async throws {
        let known = #"{"endpoints": ["192.0.2.12:6443"], "authority": "pem"}"#
        try await holding(Site(endpoint), files: ["/var/lib/corbel/site.json": known]) { host, leadership, client in
            await leadership.begin(client)
            for _ in 0..<3 { await host.time.advance(by: .seconds(1)) }
            #expect(changes(host) == [])
            #expect(host.balancer.listeners == [])
        }
    }

    /// Whether something that another task is about to do gets done.
    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<200_000 {
            if condition() { return true }
            await Task.yield()
        }
        return false
    }
}
