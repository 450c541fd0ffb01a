import APIServer
import Centre
import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import Logging
import ResourceClient
import ResourceStore
import ScriptedEffects

@testable import CLICommands

/// A centre in this process, over TLS on a port of the system's choice, with a directory of its own.
struct TestCentre: Sendable {
    let directory: String
    /// May do everything, the work of reconcilers included.
    let client: KubeClient

    /// Runs a centre for as long as `body` does.
    ///
    /// - Parameter hasControllers: Whether its reconcilers work; unless they do, the test plays their part.
    static func run<Answer: Sendable>(
        hasControllers: Bool = false, _ body: @escaping @Sendable (TestCentre) async throws -> Answer
    ) async throws -> Answer {
        try await ScratchDirectory.with { directory in
            let server = CentreServer(
                .init(dataDirectory: directory, host: "127.0.0.1", port: 0, version: "test"), files: LinuxFiles(),
                time: SystemClock(), random: SystemRandom(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await server.prepare()
            let store = MemoryStore()
            if !hasControllers { try await holdLease(in: store) }
            let (ready, continuation) = AsyncStream.makeStream(of: String.self)
            return try await withThrowingTaskGroup(of: Answer?.self) { group in
                group.addTask {
                    try await server.run(store: store) { readiness in
                        continuation.yield(readiness.url)
                        continuation.finish()
                    }
                    continuation.finish()
                    return nil
                }
                group.addTask {
                    var urls = ready.makeAsyncIterator()
                    guard let url = await urls.next() else {
                        throw StatusError(.serviceUnavailable, "the centre ended")
                    }
                    return try await use(url, directory, body)
                }
                defer { group.cancelAll() }
                while let answer = try await group.next() {
                    if let answer { return answer }
                }
                throw StatusError(.serviceUnavailable, "the centre ended")
            }
        }
    }

    /// Reconcilers work under a lease: as long as somebody else holds it, they rest.
    private static func holdLease(in store: MemoryStore) async throws {
        let configuration = APIServer.Configuration(
            registry: .centre, authorizer: MastersAuthorizer(), version: "test")
        let server = APIServer(configuration, store: store, clock: SystemClock(), random: SystemRandom())
        let client = server.client(as: CentreServer.systemUser)
        _ = try await client.create(Namespace(name: "kube-system"), by: "test")
        var lease = Lease(namespace: "kube-system", name: "corbel-controllers")
        lease.spec = [
            "holderIdentity": "test", "leaseDurationSeconds": 86_400,
            "renewTime": .string(SystemClock().now.rfc3339Micro), "leaseTransitions": 0,
        ]
        _ = try await client.create(lease, by: "test")
    }

    private static func use<Answer>(
        _ url: String, _ directory: String, _ body: (TestCentre) async throws -> Answer
    ) async throws -> Answer {
        let files = LinuxFiles()
        let sender = try TLSHTTPSender(
            .init(
                authorities: try await files.read("\(directory)/pki/ca.pem", limit: 1 << 20),
                certificate: try await files.read("\(directory)/pki/admin.pem", limit: 1 << 20),
                privateKey: try await files.read("\(directory)/pki/admin.key", limit: 1 << 20)))
        let centre = TestCentre(
            directory: directory, client: KubeClient(server: url, sender: sender, registry: .centre))
        do {
            let answer = try await body(centre)
            await sender.shutdown()
            return answer
        } catch {
            await sender.shutdown()
            throw error
        }
    }

    /// Runs `corbel` in the centre's directory, where its kubeconfig is.
    func corbel(_ words: String..., input: String = "") async throws -> CommandLineRun {
        try await CommandLineRun(words, in: directory, input: input)
    }

    func write(_ name: String, _ text: String) async throws {
        try await LinuxFiles().writeDurably("\(directory)/\(name)", Array(text.utf8), mode: 0o600)
    }
}
