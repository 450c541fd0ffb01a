public import Effects
import Glibc
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
    /// Whether it stands for a machine: it leads a process group of its own, which ends as one, and its standard input
    /// ends when this process does, however it does; see ``Tether``.
    public var isTethered: Bool

    public init(
        program: String, arguments: [String], environment: [String: String] = Command.plainEnvironment,
        logPath: String, isTethered: Bool = false
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.logPath = logPath
        self.isTethered = isTethered
    }
}

/// Keeps services running as children of this process, and in its process group unless they are tethered: whoever kills
/// the group ends them all. A service that ends by itself is started again after a second.
public actor ProcessSupervisor: ServiceSupervisor {
    private struct Running {
        var task: Task<Void, Never>
        /// The process that runs it, while it is up.
        var process: pid_t?
        var isTethered = false
    }

    /// What a service runs, looked up at each start; `nil` for a service that is not known.
    private let definition: @Sendable (String) async throws -> ServiceDefinition?
    private let hasEnded: @Sendable (String) async -> Void
    private var running: [String: Running] = [:]

    /// - Parameter hasEnded: is told the name of a service that has ended by itself.
    public init(
        hasEnded: @escaping @Sendable (String) async -> Void = { _ in },
        definition: @escaping @Sendable (String) async throws -> ServiceDefinition?
    ) {
        self.definition = definition
        self.hasEnded = hasEnded
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

    /// Pulls the plug: the service, and all in its group where it leads one, end at once and stay down. Answers when
    /// they have, also where the task that calls is cancelled.
    public func kill(_ service: String) async {
        guard let killed = running.removeValue(forKey: service) else { return }
        if let process = killed.process { _ = Glibc.kill(killed.isTethered ? -process : process, SIGKILL) }
        killed.task.cancel()
        await killed.task.value
    }

    public func state(of service: String) -> ServiceState {
        guard let present = running[service] else { return .inactive }
        return present.process == nil ? .activating : .active
    }

    /// Stops everything: the machine goes down.
    public func stopAll() async throws {
        for service in running.keys.sorted() { try await stop(service) }
    }

    /// Pulls the plug of everything.
    public func killAll() async {
        for service in running.keys.sorted() { await kill(service) }
    }

    private func keepRunning(_ service: String) async {
        while !Task.isCancelled {
            do {
                if let definition = try await definition(service) { try await run(definition, as: service) }
                running[service]?.process = nil
                if !Task.isCancelled { await hasEnded(service) }
                try await Task.sleep(for: .seconds(1), clock: .suspending)
            } catch {
                // A service that cannot be started now may be startable later; its state says that it is not up.
                running[service]?.process = nil
                if (try? await Task.sleep(for: .seconds(1), clock: .suspending)) == nil { return }
            }
        }
    }

    private func run(_ definition: ServiceDefinition, as service: String) async throws {
        let log = try FileDescriptor.open(
            FilePath(definition.logPath), .writeOnly, options: [.append, .create, .closeOnExec],
            permissions: .ownerReadWrite)
        guard definition.isTethered else {
            return try await run(definition, as: service, input: .none, log)
        }
        let tether = try Tether.toThisProcess.get()
        try await run(definition, as: service, input: .fileDescriptor(tether, closeAfterSpawningProcess: false), log)
    }

    private func run(
        _ definition: ServiceDefinition, as service: String, input: some InputProtocol, _ log: FileDescriptor
    ) async throws {
        let isTethered = definition.isTethered
        let process = try await Subprocess.run(
            configuration(of: definition), input: input,
            output: .fileDescriptor(log, closeAfterSpawningProcess: false),
            error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { execution in
            let process = execution.processIdentifier.value
            running[service]?.process = process
            running[service]?.isTethered = isTethered
            return process
            // Subprocess waits for the child after this body; a cancelled task tears it down.
        }.closureResult
        // The leader is gone; what it may have left behind in its group goes with it.
        if isTethered { _ = Glibc.kill(-process, SIGKILL) }
    }

    private func configuration(of definition: ServiceDefinition) -> Configuration {
        var options = PlatformOptions()
        options.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .seconds(20))
        ]
        if definition.isTethered { options.processGroupID = 0 }
        let isPath = definition.program.contains("/")
        let environment = definition.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        return Configuration(
            executable: isPath ? .path(FilePath(definition.program)) : .name(definition.program),
            arguments: Arguments(definition.arguments),
            environment: .custom(Dictionary(environment) { _, last in last }), platformOptions: options)
    }
}
