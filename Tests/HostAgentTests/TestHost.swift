import CorbelAPI
import Effects
import HostPlan
import Logging
import PKI
import ScriptedEffects
import Synchronization

@testable import HostAgent

/// A host whose world answers what a test says.
struct TestHost {
    static let name = "host-1"
    static let address = "192.0.2.11"
    /// What a control-plane host has on its disk, as far as the agent reads it.
    static let controlPlaneFiles = [
        "/etc/kubernetes/pki/ca.crt": "authority", "/var/lib/etcd/member/wal": "",
        "/etc/kubernetes/pki/etcd/ca.crt": "authority", "/etc/kubernetes/pki/etcd/healthcheck-client.crt": "client",
        "/etc/kubernetes/pki/etcd/healthcheck-client.key": "key",
    ]

    let time = HandTime()
    let files: MemoryFiles
    let commands: RecordedCommands
    let sender: ScriptedSender
    let power = ScriptedPower()
    let balancer = RecordedBalancer()
    let configuration: AgentConfiguration

    init(
        files: [String: String] = [:],
        commands: RecordedCommands = RecordedCommands(.exited(0)),
        answers: @escaping @Sendable (HTTPCall) async throws -> HTTPReply = { _ in HTTPReply(status: 200) }
    ) throws {
        self.files = MemoryFiles(files)
        self.commands = commands
        sender = ScriptedSender(answers)
        configuration = try AgentConfiguration(json: [
            "name": .string(Self.name), "address": .string(Self.address), "dataDirectory": "/var/lib/corbel",
            "centre": ["url": "https://centre.example:7443", "authorityFile": "/etc/corbel/centre-ca.pem"],
        ])
    }

    var effects: HostEffects {
        HostEffects(
            files: files, commands: commands, services: ActiveServices(), slots: NoSlots(), bootLoader: NoBootLoader(),
            power: power, time: time, worldTime: time, balancer: balancer, random: Zeros(),
            sender: { [sender] _ in sender })
    }

    var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    var centre: CentreLink { CentreLink(configuration, effects: effects, logger: logger) }

    var directory: SiteDirectory { SiteDirectory(configuration, files: files) }

    var site: SiteAccess {
        SiteAccess(
            effects: effects, directory: directory, centre: centre,
            balancer: SocketEndpoint(host: "127.0.0.1", port: configuration.balancerPort))
    }

    var stages: StageRunner {
        let steps = StepRunner(
            effects: effects, conditions: ConditionChecker(effects: effects, site: site, address: Self.address),
            logger: logger)
        return StageRunner(effects: effects, steps: steps, logger: logger)
    }
}

extension HTTPReply {
    init(_ json: JSONValue, status: Int = 200) { self.init(status: status, body: json.encoded) }
}

/// A machine whose boots a test counts.
final class ScriptedPower: MachinePower {
    private let boot = Mutex(1)

    func nextBoot() { boot.withLock { $0 += 1 } }
    func bootID() async throws -> String { "boot-\(boot.withLock { $0 })" }
    func reboot() async throws { nextBoot() }
}

/// A balancer that remembers where it was to listen, and listens until it is told to end.
final class RecordedBalancer: ConnectionBalancer {
    private let state = Mutex<[SocketEndpoint]>([])

    /// Where it listens now.
    var listeners: [SocketEndpoint] { state.withLock { $0 } }

    func forward(
        from listener: SocketEndpoint, to backends: @escaping @Sendable () async -> [SocketEndpoint],
        onListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        state.withLock { $0.append(listener) }
        // Ends with the task.
        for await _ in AsyncStream<Never>.makeStream().stream {}
        state.withLock { $0.removeAll { $0 == listener } }
        try Task.checkCancellation()
    }
}

private struct ActiveServices: ServiceSupervisor {
    func start(_ service: String) async throws {}
    func stop(_ service: String) async throws {}
    func restart(_ service: String) async throws {}
    func state(of service: String) async throws -> ServiceState { .active }
}

private struct NoSlots: SlotStore {
    func bootedSlot() async throws -> SlotName { .a }
    func content(of slot: SlotName) async throws -> SlotState { .empty }
    func inactiveSlotCapacity() async throws -> Int64? { 4 << 30 }
    func openInactiveSlot(for image: SlotImage) async throws -> any SlotWriter {
        throw EffectError(.ioError, "there is no other slot")
    }
}

private struct NoBootLoader: BootLoader {
    func readBlock(_ index: Int) async throws -> [UInt8] { [] }
    func writeBlock(_ index: Int, _ bytes: [UInt8]) async throws {}
}

private struct Zeros: RandomSource {
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
