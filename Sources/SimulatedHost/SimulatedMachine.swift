import Balancer
public import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import HostAgent
public import Logging
import PKI

/// A machine that exists as a directory: two slots, a boot loader's variables, a persistent disk, and a stand-in for
/// Kubernetes beside a real etcd. The agent on it is the real one.
///
///     disk/      what the host takes for `/`
///     slots/     A and B
///     boot/      the boot variables
///     logs/      what its services say
///
/// One process is one machine. Its services are its children and in its process group, so ending the group is pulling
/// the plug; starting the process again is switching the machine on.
public struct SimulatedMachine: Sendable {
    public struct Configuration: Sendable {
        /// The machine's directory.
        public var directory: String
        /// The host's address on loopback, such as `127.0.1.1`.
        public var address: String
        /// The image that the machine was delivered with, as JSON; see ``SimulatedImage``.
        public var factoryImage: JSONValue
        /// The configuration of the agent, whose paths are the host's own.
        public var agent: JSONValue
        /// The program that stands in for Kubernetes.
        public var standinPath: String
        /// How many times faster than the clock time passes, 1 to 30.
        public var speed: Int
        /// The moment from which it does: the same for all machines of a demo.
        public var epoch: Timestamp

        public init(
            directory: String, address: String, factoryImage: JSONValue, agent: JSONValue, standinPath: String,
            speed: Int, epoch: Timestamp
        ) {
            self.directory = directory
            self.address = address
            self.factoryImage = factoryImage
            self.agent = agent
            self.standinPath = standinPath
            self.speed = speed
            self.epoch = epoch
        }
    }

    private let configuration: Configuration
    private let logger: Logger
    private let disk = LinuxFiles()

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    private var name: String { configuration.agent["name"]?.stringValue ?? "" }

    private var firmware: SimulatedFirmware {
        SimulatedFirmware(files: disk, directory: configuration.directory + "/boot")
    }

    /// Runs the machine until it is cancelled: boots, runs the agent until that reboots, and boots again.
    public func run() async throws {
        let time = ScaledTime(SystemClock(), factor: configuration.speed, epoch: configuration.epoch)
        try await deliver()
        while !Task.isCancelled {
            let slot = try await firmware.choose()
            logger.notice("booting slot \(slot.rawValue)")
            try await time.sleep(for: .seconds(10))
            try await boot(slot, BootTime(time))
            logger.notice("going down")
        }
    }

    /// What a factory does: directories, boot variables, and an image in slot A.
    private func deliver() async throws {
        let directory = configuration.directory
        for part in ["", "/disk", "/slots", "/logs", "/boot"] {
            try await disk.makeDirectory(directory + part, mode: 0o755)
        }
        guard try await firmware.readBlock(0).isEmpty else { return }
        let image = configuration.factoryImage
        try await SimulatedSlots.install(
            image.encoded, version: image["version"]?.stringValue ?? "", in: .a, directory + "/slots", disk)
        try await firmware.initialize()
    }

    private func image(in slot: SlotName) async throws -> SimulatedImage? {
        let path = "\(configuration.directory)/slots/\(slot.rawValue)/image"
        guard try await disk.exists(path) else { return nil }
        return SimulatedImage(json: try JSONValue(parsing: try await disk.read(path, limit: 64 << 20)))
    }

    /// One boot, until the machine goes down.
    private func boot(_ slot: SlotName, _ time: any TimeSource) async throws {
        let image = try await image(in: slot)
        guard let image, image.behaviour(on: name) != .panics else {
            logger.notice("slot \(slot.rawValue) panics")
            return
        }
        if image.behaviour(on: name) == .hangs {
            logger.notice("slot \(slot.rawValue) hangs; the watchdog bites in a minute")
            return try await time.sleep(for: .seconds(60))
        }
        let random = SystemRandom()
        let binaries = SimulatedBinaries(
            files: disk, directory: "\(configuration.directory)/slots/\(slot.rawValue)", image: image)
        let kubernetes = SimulatedKubernetes(
            configuration, binaries: binaries, disk: disk, time: time, random: random)
        let power = SimulatedPower(bootID: random.uuid())
        let effects = effects(slot, kubernetes, power, time)
        let agent = Agent(try AgentConfiguration(json: configuration.agent), effects: effects, logger: logger)
        do {
            try await untilDown(agent, kubernetes, power)
        } catch {
            // Whatever ended the machine, what it had started ends with it.
            try await kubernetes.supervisor.stopAll()
            throw error
        }
        try await kubernetes.supervisor.stopAll()
    }

    private func untilDown(_ agent: Agent, _ kubernetes: SimulatedKubernetes, _ power: SimulatedPower) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await agent.run() }
            group.addTask { await power.waitUntilDown() }
            group.addTask { try await kubernetes.resume() }
            while try await group.next() != nil, await !power.isDown {}
            group.cancelAll()
        }
    }

    private func effects(
        _ slot: SlotName, _ kubernetes: SimulatedKubernetes, _ power: SimulatedPower, _ time: any TimeSource
    ) -> HostEffects {
        let senders = SenderCache()
        return HostEffects(
            files: kubernetes.files, commands: kubernetes, services: kubernetes.supervisor,
            slots: SimulatedSlots(files: disk, directory: configuration.directory + "/slots", booted: slot),
            bootLoader: firmware, power: power, time: time, worldTime: SystemClock(),
            balancer: TCPBalancer(time: SystemClock()),
            random: SystemRandom(),
            sender: { identity in
                try senders.sender(
                    for: .init(
                        authorities: identity.authorities, certificate: identity.certificate,
                        privateKey: identity.privateKey))
            })
    }
}

/// The switch of a simulated machine.
actor SimulatedPower: MachinePower {
    private let identifier: String
    private(set) var isDown = false
    private let ending: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(bootID: String) {
        identifier = bootID
        (ending, continuation) = AsyncStream.makeStream()
    }

    func bootID() async throws -> String { identifier }

    func reboot() async throws {
        isDown = true
        continuation.finish()
    }

    nonisolated func waitUntilDown() async { for await _ in ending {} }
}
