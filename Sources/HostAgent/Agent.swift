import CorbelAPI
import Effects
import HostPlan
public import Logging
import ResourceClient

/// The host agent: registers, obeys, reports, and looks after its host.
///
/// It is the only thing that touches the world. Over Linux and over the simulated host it is the same code.
public struct Agent: Sendable {
    private let configuration: AgentConfiguration
    private let effects: HostEffects
    private let logger: Logger

    public init(_ configuration: AgentConfiguration, effects: HostEffects, logger: Logger) {
        self.configuration = configuration
        self.effects = effects
        self.logger = logger
    }

    /// Runs until it is cancelled, or the machine goes down.
    public func run() async throws {
        let record = HostRecordFiles(directory: configuration.dataDirectory, files: effects.files)
        try await record.prepare()
        let facts = try await WorldReader(effects: effects, record: record, address: configuration.address).facts()
        logger.notice("booted slot \(facts.booted.rawValue)")
        let centre = CentreLink(configuration, effects: effects, logger: logger)
        let registration = try await centre.register()
        logger.notice("registered as \(registration.namespace)/\(registration.name)")
        try await AgentServices(
            configuration: configuration, effects: effects, record: record, centre: centre, registration: registration,
            logger: logger
        ).run(from: facts)
    }
}

/// Everything that a registered agent does at the same time.
private struct AgentServices: Sendable {
    let configuration: AgentConfiguration
    let effects: HostEffects
    let record: HostRecordFiles
    let centre: CentreLink
    let registration: HostRegistrationRecord
    let logger: Logger
    let directory: SiteDirectory
    let access: SiteAccess
    let link: MachineLink

    init(
        configuration: AgentConfiguration, effects: HostEffects, record: HostRecordFiles, centre: CentreLink,
        registration: HostRegistrationRecord, logger: Logger
    ) {
        self.configuration = configuration
        self.effects = effects
        self.record = record
        self.centre = centre
        self.registration = registration
        self.logger = logger
        let directory = SiteDirectory(configuration, files: effects.files)
        let access = SiteAccess(
            effects: effects, directory: directory, centre: centre,
            balancer: SocketEndpoint(host: "127.0.0.1", port: configuration.balancerPort))
        self.directory = directory
        self.access = access
        link = MachineLink(
            hostName: registration.name, address: configuration.address, namespace: registration.namespace,
            planes: { await Planes(access: access, centre: centre).inOrder() }, time: effects.time, logger: logger)
    }

    /// Runs until it is cancelled, or the machine goes down.
    func run(from facts: HostFacts) async throws {
        let (events, continuation) = AsyncStream<HostEvent>.makeStream()
        let send: @Sendable (HostEvent) -> Void = { continuation.yield($0) }
        let driver = HostDriver(
            effects: effects, executor: executor, facts: facts, report: { [link] in await link.take($0) },
            logger: logger)
        let finder = SiteFinder(
            registration: registration, effects: effects, centre: centre, directory: directory, access: access,
            logger: logger)
        let importer = PivotImporter(
            registration: registration, configuration: configuration, effects: effects, centre: centre, machine: link,
            access: access, logger: logger)
        let leader = SiteLeader(
            registration: registration, effects: effects, centre: centre, access: access,
            holder: EndpointHolder(
                namespace: registration.namespace, ownAddress: configuration.address, effects: effects,
                directory: directory, logger: logger),
            logger: logger)
        let introduction = HostIntroduction(
            registration: registration, facts: facts, effects: effects, record: record, centre: centre)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await keep("the balancer") { try await balance() } }
            group.addTask { try await keep("finding the site") { try await finder.run() } }
            group.addTask { try await keep("the pivot") { try await importer.run() } }
            group.addTask { try await keep("leading the site") { try await leader.run() } }
            group.addTask { try await driver.run(events, send: send) }
            group.addTask { [executor] in
                try await keep("the reconcile stage") { try await executor.keepReconciling() }
            }
            group.addTask { try await keep("the introduction") { try await introduction.run() } }
            group.addTask { try await keep("the heartbeat") { try await centre.keepAlive() } }
            group.addTask {
                try await keep("the link to the plane") { try await link.follow { send(.specChanged($0)) } }
            }
            group.addTask { try await keep("the health") { try await watchHealth(send) } }
            group.addTask {
                try await keep("the certificates") {
                    try await CertificateWatcher(effects: effects, record: record).run(send)
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Runs a part of the agent for as long as the agent runs. An error that ends it is no reason to leave the host
    /// without the other parts: it begins anew a little later.
    private func keep(_ part: String, _ body: () async throws -> Void) async throws {
        while true {
            do {
                try await body()
            } catch {
                try Task.checkCancellation()
                logger.warning("\(part) begins anew: \(error)")
            }
            try await effects.time.sleep(for: .seconds(5))
        }
    }

    private var executor: ActionExecutor {
        let images = ImageDownloader(
            configuration: configuration, effects: effects, record: record,
            sender: { [centre] in await centre.sender() })
        let settings = SettingsReader(
            configuration: configuration, record: record, plane: { [link] in await link.plane() })
        return ActionExecutor(
            configuration: configuration, effects: effects, record: record, images: images, settings: settings,
            site: access, logger: logger)
    }

    /// Takes whoever speaks to the site from this host to an API server that is up.
    private func balance() async throws {
        try await effects.balancer.forward(
            from: access.balancer, to: { [directory] in await directory.servers() },
            onListening: { [logger] port in logger.info("the balancer listens on port \(port)") })
    }

    private func watchHealth(_ send: @Sendable (HostEvent) -> Void) async throws {
        let reader = HealthReader(
            effects: effects, hostName: configuration.name, address: configuration.address, centre: centre,
            site: access, record: record
        )
        while true {
            let observation = await reader.read()
            await link.take(observation)
            send(.health(observation.health))
            try await effects.time.sleep(for: configuration.healthInterval)
        }
    }
}

/// The planes in which a host looks for its HostMachine: its site's own, once that is known, and the centre.
struct Planes: Sendable {
    let access: SiteAccess
    let centre: CentreLink

    func inOrder() async -> [(name: String, client: any ResourceClient)] {
        var planes: [(name: String, client: any ResourceClient)] = []
        // A site whose authority cannot be read is not known.
        if let site = try? await access.host() { planes.append(("site", site)) }
        planes.append(("centre", await centre.client()))
        return planes
    }
}

/// What the world says when the agent starts.
struct WorldReader: Sendable {
    let effects: HostEffects
    let record: HostRecordFiles
    let address: String

    func facts() async throws -> HostFacts {
        let booted = try await effects.slots.bootedSlot()
        var slots = HostSlots()
        slots.a = Self.content(try await effects.slots.content(of: .a))
        slots.b = Self.content(try await effects.slots.content(of: .b))
        let blocks = BootBlocks(
            first: try await effects.bootLoader.readBlock(0), second: try await effects.bootLoader.readBlock(1))
        return HostFacts(
            booted: booted == .a ? .a : .b, bootID: try await effects.power.bootID(), slots: slots, bootBlocks: blocks,
            journal: try await record.journal(),
            hasEtcdMember: try await EtcdClient(effects: effects, address: address).isMember())
    }

    private static func content(_ content: SlotState) -> SlotContent? {
        switch content {
        case .empty: nil
        case .partial(let image, _): .init(version: image.version, digest: image.digest, isComplete: false)
        case .complete(let image): .init(version: image.version, digest: image.digest, isComplete: true)
        }
    }
}
