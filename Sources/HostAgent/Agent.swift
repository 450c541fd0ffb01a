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
        let link = MachineLink(
            hostName: registration.name, address: configuration.address, namespace: registration.namespace,
            planes: { [effects] in await Planes(effects: effects, centre: centre).inOrder() }, time: effects.time,
            logger: logger)
        try await serve(facts, record, centre, link, registration)
    }

    private func serve(
        _ facts: HostFacts, _ record: HostRecordFiles, _ centre: CentreLink, _ link: MachineLink,
        _ registration: HostRegistrationRecord
    ) async throws {
        let (events, continuation) = AsyncStream<HostEvent>.makeStream()
        let send: @Sendable (HostEvent) -> Void = { continuation.yield($0) }
        let images = ImageDownloader(
            configuration: configuration, effects: effects, record: record, sender: { await centre.sender() })
        let executor = ActionExecutor(
            configuration: configuration, effects: effects, record: record, images: images,
            settings: SettingsReader(configuration: configuration, record: record, plane: { await link.plane() }),
            logger: logger)
        let driver = HostDriver(
            effects: effects, executor: executor, facts: facts, report: { await link.take($0) }, logger: logger)
        let reader = HealthReader(
            effects: effects, hostName: configuration.name, address: configuration.address, centre: centre)
        let importer = PivotImporter(
            registration: registration, configuration: configuration, effects: effects, centre: centre, machine: link,
            logger: logger)
        let leader = SiteLeader(registration: registration, effects: effects, centre: centre, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await keep("the pivot") { try await importer.run() } }
            group.addTask { try await keep("leading the site") { try await leader.run() } }
            group.addTask { try await driver.run(events, send: send) }
            group.addTask { try await keep("the heartbeat") { try await centre.keepAlive() } }
            group.addTask {
                try await keep("the link to the plane") { try await link.follow { send(.specChanged($0)) } }
            }
            group.addTask { try await keep("the health") { try await watchHealth(reader, link, send) } }
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

    private func watchHealth(
        _ reader: HealthReader, _ link: MachineLink, _ send: @Sendable (HostEvent) -> Void
    ) async throws {
        while true {
            let report = await reader.read()
            await link.take(isReady: HealthVerdict.judge(report) == .healthy, etcd: await reader.etcdMember())
            send(.health(report))
            try await effects.time.sleep(for: configuration.healthInterval)
        }
    }
}

/// The planes in which a host looks for its HostMachine: its site's own, once the host is a member, and the centre.
struct Planes: Sendable {
    let effects: HostEffects
    let centre: CentreLink

    func inOrder() async -> [(name: String, client: any ResourceClient)] {
        var planes: [(name: String, client: any ResourceClient)] = []
        if let site = try? await SiteAccess(effects: effects).client() { planes.append(("site", site)) }
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
