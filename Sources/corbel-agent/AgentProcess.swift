import Balancer
import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import HTTPTransport
import HostAgent
import HostLinux
import Logging

/// The agent over the effects of this machine.
struct AgentProcess {
    private let agent: AgentConfiguration
    private let host: LinuxHostConfiguration
    private let logger: Logger

    /// - Throws: `StatusError`, naming every field of the configuration that is wrong, or what is wrong with the file.
    init(configuration path: String) async throws {
        let absolute = Self.absolute(path)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: try await LinuxFiles().read(absolute, limit: 1 << 20))
        } catch let error as StatusError {
            throw StatusError(.invalid, "\(absolute): \(error.message)")
        }
        var problems: [String] = []
        let agent = Self.noting(&problems) { try AgentConfiguration(json: json) }
        let host = Self.noting(&problems) { try LinuxHostConfiguration(json: json) }
        let logger = Self.noting(&problems) { try Self.logger(json) }
        guard let agent, let host, let logger else {
            throw StatusError(.invalid, "\(absolute): \(problems.joined(separator: "; "))")
        }
        self.agent = agent
        self.host = host
        self.logger = logger
    }

    /// What a part of the configuration says, or its problem among the others: people correct them all at once.
    private static func noting<Part>(_ problems: inout [String], _ read: () throws -> Part) -> Part? {
        do {
            return try read()
        } catch {
            problems.append((error as? StatusError)?.message ?? "\(error)")
            return nil
        }
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }

    private static func logger(_ json: JSONValue) throws -> Logger {
        var logger = Logger(label: "corbel-agent")
        guard let value = json["logLevel"] else {
            logger.logLevel = .notice
            return logger
        }
        guard let level = value.stringValue.flatMap({ Logger.Level(rawValue: $0) }) else {
            let allowed = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw StatusError.invalid(
                GroupKind("", "AgentConfiguration"), json["name"]?.stringValue ?? "",
                [.invalid("logLevel", value, "must be one of \(allowed)")])
        }
        logger.logLevel = level
        return logger
    }

    /// Runs until somebody sends SIGTERM or SIGINT. Only one process at a time has the data directory.
    func run() async throws {
        try await LinuxFiles().makeDirectory(agent.dataDirectory, mode: 0o700)
        try await FileLock(directory: agent.dataDirectory).hold {
            let agent = Agent(agent, effects: effects, logger: logger)
            try await UntilSignal.run {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await agent.run() }
                    group.addTask { try await stayLean() }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    /// Gives back what only the start has used, and then what only the last hour has.
    private func stayLean() async throws {
        var rest = Duration.seconds(60)
        while true {
            try await SystemClock().sleep(for: rest)
            try await ProgramPages.releaseCode()
            rest = .seconds(3600)
        }
    }

    private var effects: HostEffects {
        let files = LinuxFiles()
        let devices = LinuxDevices()
        let commands = SubprocessRunner()
        let clock = SystemClock()
        let senders = SenderCache()
        return HostEffects(
            files: files, commands: commands, services: SystemdSupervisor(commands: commands),
            slots: PartitionSlots(a: host.slotA, b: host.slotB, devices: devices, files: files),
            bootLoader: BootVariablesFile(path: host.bootVariables, files: files, devices: devices),
            power: SystemdPower(commands: commands, files: files), time: clock, worldTime: clock,
            balancer: TCPBalancer(time: clock), random: SystemRandom(),
            sender: { identity in
                try senders.sender(
                    for: .init(
                        authorities: identity.authorities, certificate: identity.certificate,
                        privateKey: identity.privateKey))
            })
    }
}
