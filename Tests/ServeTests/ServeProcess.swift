import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import HTTPTransport
import KubeClient
import Testing

/// `corbel serve` as a process of its own, over a directory that outlives it.
struct ServeProcess: Sendable {
    let dataDirectory: String
    let url: String
    let pid: Int32

    /// How long a server on a busy machine may take to accept a connection.
    static let patience = Duration.seconds(60)

    private static let files = LinuxFiles()

    /// Starts it, and answers how it ended. `body` runs once it serves, and has to see to the end; a process that ends
    /// before it serves is answered without it.
    ///
    /// - Parameter shell: What a shell does before it becomes the server, such as setting a limit.
    @discardableResult
    static func run(
        in dataDirectory: String, options: [String] = [], shell: String = ":",
        _ body: @escaping @Sendable (ServeProcess) async throws -> Void
    ) async throws -> CommandResult {
        if try await files.exists(dataDirectory + "/admin.kubeconfig") {
            try await files.remove(dataDirectory + "/admin.kubeconfig")
        }
        let arguments = ["serve", "--data-dir", dataDirectory, "--listen", "127.0.0.1:0"] + options
        let command = Command(
            "/bin/bash", ["-c", "\(shell); exec \"$0\" \"$@\"", Corbel.path] + arguments, timeout: .seconds(120))
        let ending = Ending()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ending.note(try await SubprocessRunner().run(command)) }
            group.addTask {
                let state = try await eventually("the server serves or ends") { () -> State? in
                    if let process = try await serving(dataDirectory) { return .serves(process) }
                    return await ending.result == nil ? nil : .ended
                }
                if case .serves(let process) = state { try await body(process) }
            }
            // Whatever fails ends the others: a server that nobody asks to end is killed.
            try await group.waitForAll()
        }
        return try #require(await ending.result)
    }

    private enum State {
        case serves(ServeProcess)
        case ended
    }

    private actor Ending {
        private(set) var result: CommandResult?

        func note(_ result: CommandResult) { self.result = result }
    }

    /// The process that serves from a directory: it has written the kubeconfig when it does, and its number before.
    private static func serving(_ dataDirectory: String) async throws -> ServeProcess? {
        let path = dataDirectory + "/admin.kubeconfig"
        guard try await files.exists(path) else { return nil }
        let words = try await text(path).split(whereSeparator: \.isWhitespace)
        return ServeProcess(
            dataDirectory: dataDirectory, url: String(try #require(words.first { $0.hasPrefix("https://") })),
            pid: try await holder(of: dataDirectory))
    }

    /// The process that has a data directory for itself.
    static func holder(of dataDirectory: String) async throws -> Int32 {
        try #require(Int32(try await text(dataDirectory + "/lock").prefix { $0.isNumber }))
    }

    private static func text(_ path: String) async throws -> String {
        String(decoding: try await files.read(path, limit: 1 << 20), as: UTF8.self)
    }

    func send(_ signal: Int32) { kill(pid, signal) }

    /// A client with the administrator's certificate.
    func client() async throws -> KubeClient {
        let pki = dataDirectory + "/pki"
        let identity = TLSHTTPSender.Identity(
            authorities: try await Self.files.read("\(pki)/ca.pem", limit: 1 << 16),
            certificate: try await Self.files.read("\(pki)/admin.pem", limit: 1 << 16),
            privateKey: try await Self.files.read("\(pki)/admin.key", limit: 1 << 16))
        return KubeClient(
            server: url, sender: try TLSHTTPSender(identity, connectTimeout: Self.patience), registry: .centre)
    }
}
