public import Effects
import Subprocess
import SystemPackage

/// A program that is to be kept running.
public struct ServiceDefinition: Sendable, Hashable {
    /// A path, or a name to look for in the environment's `PATH`.
    public var program: String
    public var arguments: [String]
    public var environment: [String: String]
    /// Where standard output and standard error go, appended.
    public var logPath: String

    public init(
        program: String, arguments: [String], environment: [String: String] = Command.plainEnvironment, logPath: String
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.logPath = logPath
    }
}

/// Keeps services running as children of this process, and in its process group: whoever kills the group ends them all.
/// A service that ends by itself is started again after a second.
public actor ProcessSupervisor: ServiceSupervisor {
    private struct Running {
        var task: Task<Void, Never>
        var isUp = false
    }

    /// What a service runs, looked up at each start; `nil` for a service that is not known.
    private let definition: @Sendable (String) async throws -> ServiceDefinition?
    private var running: [String: Running] = [:]

    public init(definition: @escaping @Sendable (String) async throws -> ServiceDefinition?) {
        self.definition = definition
    }

    public func start(_ service: String) async throws {
        if running[service] != nil { return }
        guard try await definition(service) != nil else {
            throw EffectError(.notFound, "there is no service named \(service)")
        }
        if running[service] != nil { return }
        // The task is the service: it lives until the service is stopped, beyond this call.
        running[service] = Running(task: Task { await keepRunning(service) })
    }

    public func stop(_ service: String) async throws {
        guard let stopped = running.removeValue(forKey: service) else { return }
        stopped.task.cancel()
        await stopped.task.value
    }

    public func restart(_ service: String) async throws {
        try await stop(service)
        try await start(service)
    }

    public func state(of service: String) -> ServiceState {
        guard let present = running[service] else { return .inactive }
        return present.isUp ? .active : .activating
    }

    /// Stops everything: the machine goes down.
    public func stopAll() async throws {
        for service in running.keys.sorted() { try await stop(service) }
    }

    private func keepRunning(_ service: String) async {
        while !Task.isCancelled {
            do {
                if let definition = try await definition(service) { try await run(definition, as: service) }
                note(service, isUp: false)
                try await Task.sleep(for: .seconds(1), clock: .suspending)
            } catch {
                // A service that cannot be started now may be startable later; its state says that it is not up.
                note(service, isUp: false)
                if (try? await Task.sleep(for: .seconds(1), clock: .suspending)) == nil { return }
            }
        }
    }

    private func run(_ definition: ServiceDefinition, as service: String) async throws {
        let log = try FileDescriptor.open(
            FilePath(definition.logPath), .writeOnly, options: [.append, .create, .closeOnExec],
            permissions: .ownerReadWrite)
        var options = PlatformOptions()
        options.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .seconds(20))
        ]
        let isPath = definition.program.contains("/")
        let environment = definition.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let configuration = Configuration(
            executable: isPath ? .path(FilePath(definition.program)) : .name(definition.program),
            arguments: Arguments(definition.arguments),
            environment: .custom(Dictionary(environment) { _, last in last }), platformOptions: options)
        _ = try await Subprocess.run(
            configuration, input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: false),
            error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { _ in
            note(service, isUp: true)
            // Subprocess waits for the child after this body; a cancelled task tears it down.
        }
    }

    private func note(_ service: String, isUp: Bool) { running[service]?.isUp = isUp }
}
