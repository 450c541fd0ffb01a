import CorbelAPI
import Effects
import EffectsLinux
import Foundation
import HTTPTransport
import KubeClient
import Logging
import PKI
import ResourceClient

@testable import SiteStandin

/// A site in this process over a real etcd: one API server, the controllers, and a kubelet for every node.
struct TestCluster: Sendable {
    static let clock = SystemClock()

    let directory: String
    let url: String
    let sender: TLSHTTPSender
    let client: KubeClient
    let healthPorts: [String: Int]
    let stopEtcd: @Sendable () -> Void

    static func with(nodes: [String], _ body: @escaping @Sendable (TestCluster) async throws -> Void) async throws {
        let scratch = try ScratchDirectory()
        let certificates = try TestCertificates(in: scratch)
        try certificates.issue("server", .server("standin", dnsNames: [], addresses: ["127.0.0.1"]))
        try certificates.issue("admin", .client("admin", organizations: ["system:masters"]))
        try certificates.issue(
            "bootstrapper", .client("joining", organizations: [SigningPolicy.bootstrappersGroup]))
        for node in nodes {
            try certificates.issue(node, .client("system:node:\(node)", organizations: ["system:nodes"]))
        }
        let (stop, stopper) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let etcd = try startEtcd(scratch, until: stop, &group)
            let url = try await startServer(scratch, etcd, &group)
            let ports = try await startRest(scratch, nodes, url, &group)
            try await client(of: scratch, as: "admin").withSender(LinuxFiles()) { sender in
                let client = KubeClient(server: url, sender: sender, registry: .site, userAgent: "test")
                let cluster = TestCluster(
                    directory: scratch.path, url: url, sender: sender, client: client, healthPorts: ports,
                    stopEtcd: { stopper.finish() })
                try await body(cluster)
            }
            group.cancelAll()
        }
        try scratch.remove()
    }

    private static func startEtcd(
        _ scratch: ScratchDirectory, until stop: AsyncStream<Void>, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) throws -> String {
        let client = "http://127.0.0.1:\(try freePort())"
        let peer = "http://127.0.0.1:\(try freePort())"
        let command = Command(
            "/usr/bin/etcd",
            [
                "--data-dir", scratch.path + "/etcd", "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
                "default=\(peer)",
            ], timeout: .seconds(600))
        group.addTask {
            await withTaskGroup(of: Void.self) { group in
                // It ends when it is stopped or the test is over; then its result is of no interest.
                group.addTask { _ = try? await SubprocessRunner().run(command) }
                group.addTask { for await _ in stop {} }
                await group.next()
                group.cancelAll()
            }
            try await forever()
        }
        return client
    }

    private static func startServer(
        _ scratch: ScratchDirectory, _ etcd: String, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> String {
        try scratch.write(
            "apiserver.json",
            [
                "address": "127.0.0.1", "port": 0, "kubernetesVersion": "1.33.5", "certificateFile": "server.crt",
                "keyFile": "server.key", "clientAuthorityFiles": ["ca.crt"], "hostAuthorityFiles": ["hosts.crt"],
                "etcd": ["endpoints": [.string(etcd)]],
            ])
        let configuration = try await APIServerConfiguration(
            readingFrom: scratch.path + "/apiserver.json", LinuxFiles())
        let (ports, port) = AsyncStream<Int>.makeStream()
        group.addTask { try await StandinAPIServer(configuration, effects).run { port.yield($0) } }
        return "https://127.0.0.1:\(await first(ports))"
    }

    private static func startRest(
        _ scratch: ScratchDirectory, _ nodes: [String], _ url: String, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> [String: Int] {
        try scratch.write(
            "controllers.json",
            [
                "name": "test", "apiServer": access(url, "admin"),
                "signing": ["certificateFile": "ca.crt", "keyFile": "ca.key"],
            ])
        let controllers = try await ControllersConfiguration(
            readingFrom: scratch.path + "/controllers.json", LinuxFiles())
        group.addTask { try await StandinControllers(controllers, effects).run() }
        var healthPorts: [String: Int] = [:]
        for node in nodes {
            try scratch.write(
                "\(node).json",
                [
                    "nodeName": .string(node), "address": "127.0.0.1", "kubernetesVersion": "1.33.5",
                    "staticPods": ["etcd", "kube-apiserver"], "health": ["port": 0], "apiServer": access(url, node),
                ])
            let configuration = try await KubeletConfiguration(
                readingFrom: scratch.path + "/\(node).json", LinuxFiles())
            let (ports, port) = AsyncStream<Int>.makeStream()
            group.addTask { try await StandinKubelet(configuration, effects).run { port.yield($0) } }
            healthPorts[node] = await first(ports)
        }
        return healthPorts
    }

    private static func access(_ url: String, _ name: String) -> JSONValue {
        [
            "url": .string(url), "authorityFile": "ca.crt", "certificateFile": .string("\(name).crt"),
            "keyFile": .string("\(name).key"),
        ]
    }

    private static func client(of scratch: ScratchDirectory, as name: String) -> TLSFiles {
        var reader = ConfigurationReader(["apiServer": access("", name)], directory: scratch.path)
        return TLSFiles(&reader, under: "apiServer")
    }

    private static let effects: StandinEffects = {
        var logger = Logger(label: "standin")
        logger.logLevel = .warning
        return StandinEffects(
            files: LinuxFiles(), time: ScaledTime(clock, factor: 4), worldTime: clock, random: SystemRandom(),
            logger: logger)
    }()

    private static func first(_ stream: AsyncStream<Int>) async -> Int {
        for await value in stream { return value }
        return 0
    }

    private static func forever() async throws {
        while true { try await clock.sleep(for: .seconds(3600)) }
    }

    /// A port of the loopback interface that nobody listens on.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw StatusError(.internalError, "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

extension TestCluster {
    /// Acts as the holder of `<name>.crt` and `<name>.key`.
    func asking<Answer: Sendable>(
        as name: String, _ body: (KubeClient) async throws -> Answer
    ) async throws -> Answer? {
        var answer: Answer?
        let scratch = ScratchDirectory(path: directory)
        try await Self.client(of: scratch, as: name).withSender(LinuxFiles()) { sender in
            answer = try await body(KubeClient(server: url, sender: sender, registry: .site, userAgent: "test"))
        }
        return answer
    }

    func write(_ name: String, _ bytes: [UInt8]) throws { try ScratchDirectory(path: directory).write(name, bytes) }

    /// Waits until something is true, for 40 s at most.
    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let end = Self.clock.uptime + .seconds(40)
        var last = "it is not"
        while Self.clock.uptime < end {
            do {
                if try await condition() { return }
            } catch let error as StatusError {
                last = error.message
            }
            try await Self.clock.sleep(for: .milliseconds(50))
        }
        throw StatusError(.timeout, "\(what): \(last)")
    }

    func pods(_ application: String) async throws -> [Pod] {
        try await client.list(Pod.self, namespace: "default").filter { $0.labels["app"] == application }
    }

    func kubectl(_ arguments: String) async throws -> String {
        let options = [
            "--server", url, "--certificate-authority", "\(directory)/ca.crt", "--client-certificate",
            "\(directory)/admin.crt", "--client-key", "\(directory)/admin.key", "--cache-dir", "\(directory)/cache",
        ]
        let result = try await SubprocessRunner().run(
            Command("/usr/bin/kubectl", options + arguments.split(separator: " ").map(String.init)))
        let text = String(decoding: result.output, as: UTF8.self)
        guard result.isSuccess else {
            throw StatusError(
                .internalError, "kubectl \(arguments): \(text)\(String(decoding: result.errorOutput, as: UTF8.self))")
        }
        return text
    }

    /// The status of a GET without a word about who asks.
    func status(of path: String) async throws -> Int {
        try await sender.send(HTTPCall("GET", url + path), limit: 1 << 20).status
    }

    func health(of node: String) async throws -> Int {
        try await sender.send(HTTPCall("GET", "http://127.0.0.1:\(healthPorts[node] ?? 0)/healthz"), limit: 1 << 20)
            .status
    }
}
