public import ArgumentParser
import Centre
import CorbelAPI
import Effects
import EffectsLinux
import Logging
import ResourceStore
import StoreSQLite

/// `corbel serve`: the management plane.
public struct Serve: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        abstract: "Runs the management plane: API server, registration, reconcilers, in one process on one TLS port.",
        discussion: """
            Everything that the centre needs is made in the data directory on the first start: certificates, the store,
            and admin.kubeconfig for kubectl. Killed at any moment, it starts again from there.

              corbel serve --data-dir /var/lib/corbel --listen 0.0.0.0:7443
              kubectl --kubeconfig /var/lib/corbel/admin.kubeconfig get edgehosts
            """)

    @Option(name: .customLong("data-dir"), help: "Where everything is kept.")
    var dataDirectory: String

    @Option(help: "The address and port to listen on; port 0 lets the system choose.")
    var listen = "127.0.0.1:7443"

    @Option(name: .customLong("tls-san"), help: "A further name or address that clients use. May be repeated.")
    var alternativeNames: [String] = []

    @Option(name: .customLong("heartbeat-timeout"), help: "Seconds of silence after which a host is unreachable.")
    var heartbeatTimeout = 300

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
    var logLevel = "notice"

    @Flag(
        name: .customLong("end-with-input"),
        help: "End at once when standard input does: for a parent that leaves nothing behind, however it ends.")
    var endsWithInput = false

    public init() {}

    private var level: Logger.Level {
        get throws {
            guard let level = Logger.Level(rawValue: logLevel) else {
                let allowed = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--log-level: \"\(logLevel)\" is none of \(allowed)")
            }
            return level
        }
    }

    public func validate() throws {
        guard Self.heartbeatTimeouts.contains(heartbeatTimeout) else {
            let (least, most) = (Self.heartbeatTimeouts.lowerBound, Self.heartbeatTimeouts.upperBound)
            throw ValidationError("--heartbeat-timeout: \(heartbeatTimeout) is not from \(least) to \(most)")
        }
        guard !dataDirectory.isEmpty else { throw ValidationError("--data-dir: \"\" names no directory") }
        _ = try level
        _ = try ListenAddress(listen)
    }

    /// From a second, for tests and demonstrations, to a week, for a link that is seldom up.
    private static let heartbeatTimeouts = 1...604_800

    public func run() async throws {
        do {
            try await serve(from: CommandContext.process.absolute(dataDirectory))
        } catch let error as StatusError {
            // What the words of an API error advise its clients means nothing to whoever starts the server.
            throw CommandFailure(error.message)
        }
    }

    private func serve(from dataDirectory: String) async throws {
        if endsWithInput { Tether.endWithInput() }
        let address = try ListenAddress(listen)
        var logger = Logger(label: "corbel")
        logger.logLevel = try level
        let files = LinuxFiles()
        try await files.makeDirectory(dataDirectory, mode: 0o700)
        let server = CentreServer(
            .init(
                dataDirectory: dataDirectory, host: address.host, port: address.port,
                alternativeNames: alternativeNames,
                heartbeatTimeout: .seconds(heartbeatTimeout), version: CorbelVersion.current),
            files: files, time: SystemClock(), random: SystemRandom(),
            rehearser: ProgramRehearser(program: try OwnProgram.path(), commands: SubprocessRunner()), logger: logger)
        try await FileLock(directory: dataDirectory).hold {
            try await server.prepare()
            try await server.checkStore()
            let store = try SQLiteStore(directory: dataDirectory)
            // Where it fails, the next start finds the log beside the database, and loses nothing.
            defer { try? store.close() }
            try await UntilSignal.run {
                try await server.run(store: store) { ready in
                    Progress.say("serving on \(ready.url)")
                    Progress.say("try: kubectl --kubeconfig \(ready.kubeconfigPath) get namespaces")
                }
            }
        }
    }
}

/// `HOST:PORT`, where an IPv6 address stands in brackets.
struct ListenAddress: Sendable, Hashable {
    var host: String
    var port: Int

    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw ValidationError("--listen: \"\(text)\" is no HOST:PORT, such as 127.0.0.1:7443 or [::1]:7443") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw ValidationError("--listen: \"\(text)\" names no host") }
        self.host = String(host)
        self.port = port
    }
}
