import APIServer
import Centre
import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import Logging
import ResourceStore
import ScriptedEffects
import Testing

/// A centre that serves on a port of its own over TLS, and stock programs that speak to it.
struct RunningCentre: Sendable {
    let directory: String
    let url: String
    let kubeconfig: String

    private static let files = LinuxFiles()

    /// Serves from a new directory while `body` runs.
    static func with(_ body: @escaping @Sendable (RunningCentre) async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            try await serve(from: directory + "/data") { ready in
                try await body(RunningCentre(directory: directory, url: ready.url, kubeconfig: ready.kubeconfigPath))
            }
        }
    }

    static func serve(
        from directory: String, port: Int = 0, _ body: @escaping @Sendable (CentreServer.Readiness) async throws -> Void
    ) async throws {
        let server = CentreServer(
            .init(dataDirectory: directory, host: "127.0.0.1", port: port, version: "0.0.0"), files: files,
            time: SystemClock(), random: SystemRandom(), logger: quiet)
        try await server.prepare()
        let (ready, continuation) = AsyncStream.makeStream(of: CentreServer.Readiness.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run(store: MemoryStore()) { continuation.yield($0) }
                } catch is CancellationError {
                    return
                }
            }
            group.addTask {
                for await readiness in ready { return try await body(readiness) }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    // MARK: Programs

    /// What a program said, and how it ended.
    struct Said: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs kubectl, which must succeed unless said otherwise.
    @discardableResult
    func kubectl(
        _ line: String, input: String = "", environment: [String: String] = [:], expecting status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let said = try await run(
            "kubectl", ["--kubeconfig", kubeconfig] + line.split(separator: " ").map(String.init), input: input,
            environment: environment)
        #expect(said.status == status, "kubectl \(line): \(said.output) \(said.errors)", sourceLocation: sourceLocation)
        return said.output + said.errors
    }

    /// Runs kubectl, and answers how it ended.
    func run(kubectl line: String) async throws -> Said {
        try await run("kubectl", ["--kubeconfig", kubeconfig] + line.split(separator: " ").map(String.init))
    }

    /// The lines of the audit so far.
    func audit() async throws -> String {
        let directory = directory + "/data/audit"
        var text = ""
        for entry in try await Self.files.list(directory) where entry.name.hasSuffix(".log") {
            text += String(
                decoding: try await Self.files.read("\(directory)/\(entry.name)", limit: 1 << 24), as: UTF8.self)
        }
        return text
    }

    /// Runs curl with the administrator's certificate, and answers the status code, the version of HTTP and the body.
    func curl(
        _ path: String, _ arguments: [String] = [], isAnonymous: Bool = false
    ) async throws -> (head: String, body: String) {
        let pki = directory + "/data/pki"
        let identity = isAnonymous ? [] : ["--cert", "\(pki)/admin.pem", "--key", "\(pki)/admin.key"]
        let said = try await run(
            "curl",
            ["-sS", "--cacert", "\(pki)/ca.pem", "-w", "\n%{http_code} %{http_version}"] + identity + arguments + [
                url + path
            ])
        #expect(said.status == 0, "curl \(path): \(said.errors)")
        let lines = said.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    private func run(
        _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Said {
        var all = Command.plainEnvironment
        all["HOME"] = directory
        for (name, value) in environment { all[name] = value }
        let command = Command(
            program, arguments, environment: all, workingDirectory: directory, input: Array(input.utf8),
            timeout: .seconds(120))
        let result = try await SubprocessRunner().run(command)
        guard case .exited(let status) = result.termination else {
            throw EffectError(.ioError, "\(program) was killed")
        }
        return Said(
            status: status, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errorOutput, as: UTF8.self))
    }

    func write(_ name: String, _ text: String) async throws {
        try await Self.files.writeDurably("\(directory)/\(name)", Array(text.utf8), mode: 0o755)
    }

    // MARK: Clients

    /// A client over HTTP with the administrator's certificate.
    func withClient(_ body: (KubeClient) async throws -> Void) async throws {
        let pki = directory + "/data/pki"
        let identity = TLSHTTPSender.Identity(
            authorities: try await Self.files.read("\(pki)/ca.pem", limit: 1 << 16),
            certificate: try await Self.files.read("\(pki)/admin.pem", limit: 1 << 16),
            privateKey: try await Self.files.read("\(pki)/admin.key", limit: 1 << 16))
        try await body(KubeClient(server: url, sender: try TLSHTTPSender(identity), registry: .centre))
    }
}
