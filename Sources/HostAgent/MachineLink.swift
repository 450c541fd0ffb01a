import CorbelAPI
import Effects
import HostPlan
import Logging
import ResourceClient

/// The host's HostMachine, in whichever plane it is: watches what the host is told, and writes what the host reports.
actor MachineLink {
    /// Where HostMachines of this host may be, the plane that counts first.
    typealias Planes = @Sendable () async -> [(name: String, client: any ResourceClient)]

    /// Between two looks that follow each other.
    private static let pause = Duration.seconds(1)
    /// Between two looks while the host is nobody's.
    private static let idlePause = Duration.seconds(5)
    /// How long nothing may happen before the planes are looked through again.
    private static let patience = Duration.seconds(15)

    private let hostName: String
    private let address: String
    private let namespace: String
    private let planes: Planes
    private let time: any TimeSource
    private let logger: Logger

    private var machine: HostMachine?
    private var client: (any ResourceClient)?
    private var report: HostReport?
    private var isReady = false
    /// The host's member of etcd, as it was last seen.
    private var etcd: JSONValue?
    private var hasEtcdMember: Bool?
    private var apiServer: APIServerAddress?
    /// Whether a pivot is under way: what it carries must not change in between.
    private var isHeld = false

    init(
        hostName: String, address: String, namespace: String, planes: @escaping Planes, time: any TimeSource,
        logger: Logger
    ) {
        self.hostName = hostName
        self.address = address
        self.namespace = namespace
        self.planes = planes
        self.time = time
        self.logger = logger
    }

    /// The plane that the machine was last seen in.
    func plane() -> (client: any ResourceClient, namespace: String)? {
        guard let client, let machine else { return nil }
        return (client, machine.namespace)
    }

    /// Follows the machine until it is cancelled; `changed` is called with what the host is told.
    func follow(_ changed: @escaping @Sendable (HostSpec) -> Void) async throws {
        while true {
            var found: (client: any ResourceClient, revision: String)?
            for plane in await planes() where found == nil {
                do {
                    if let revision = try await look(in: plane.client, changed) { found = (plane.client, revision) }
                } catch let error as StatusError {
                    logger.debug("\(plane.name): \(error.message)")
                }
            }
            if let found { await waitForChange(in: found.client, after: found.revision) }
            try await time.sleep(for: found == nil ? Self.idlePause : Self.pause)
        }
    }

    /// Reads the machine from a plane; answers the revision of what was read, if the machine is there.
    private func look(
        in client: any ResourceClient, _ changed: @Sendable (HostSpec) -> Void
    ) async throws -> String? {
        let list = try await client.list(HostMachine.groupKind, ListOptions(namespace: namespace))
        guard let found = list.items.map(HostMachine.init(_:)).first(where: { $0.hostName == hostName }) else {
            return nil
        }
        self.client = client
        let isNew = machine.map { HostSpec($0) } != HostSpec(found)
        machine = found
        if isNew { changed(HostSpec(found)) }
        try await deliver()
        return list.resourceVersion
    }

    /// Returns when something of the host's machines has changed in the plane, when its answer ends, or when it is time
    /// to look whether another plane has the machine now.
    private nonisolated func waitForChange(in client: any ResourceClient, after revision: String) async {
        var options = ListOptions(namespace: namespace)
        options.resourceVersion = revision
        await withTaskGroup(of: Void.self) { [options] group in
            group.addTask { [logger] in
                do {
                    for try await _ in try await client.watch(HostMachine.groupKind, options) { return }
                } catch {
                    // The next look finds out what is wrong.
                    logger.debug("watch: \(error)")
                }
            }
            group.addTask { [time] in try? await time.sleep(for: Self.patience) }
            await group.next()
            group.cancelAll()
        }
    }

    func take(_ report: HostReport) async {
        self.report = report
        await deliverIfPossible()
    }

    func take(_ observation: HostObservation) async {
        isReady = HealthVerdict.judge(observation.health) == .healthy
        hasEtcdMember = observation.hasEtcdMember ?? hasEtcdMember
        etcd = hasEtcdMember == false ? nil : observation.etcd ?? etcd
        apiServer = observation.apiServer
        await deliverIfPossible()
    }

    private func deliverIfPossible() async {
        do {
            try await deliver()
        } catch {
            logger.debug("a report waits for its plane: \(error)")
        }
    }

    /// Keeps reports back while a pivot carries the machine from plane to plane.
    func hold(_ isHeld: Bool) { self.isHeld = isHeld }

    /// Writes the newest report over the machine as it was last seen; a conflict is mended by the next look.
    private func deliver() async throws {
        guard !isHeld, let client, var updated = machine else { return }
        let before = updated
        updated.isProvisioned = true
        updated.json["status", "addresses"] = [["type": "InternalIP", "address": .string(address)]]
        updated.json["status", "observedGeneration"] = JSONValue(before.generation)
        updated.json["status", "ready"] = .bool(isReady)
        updated.set(
            Condition("Ready", Condition.Status(isReady), reason: isReady ? "Healthy" : "NotHealthy"), now: time.now)
        // A member that does not answer now is still one; the last word of it stands.
        if etcd != nil || hasEtcdMember == false { updated.json["status", "etcd"] = etcd }
        updated.apiServer = apiServer
        report?.write(into: &updated)
        guard updated != before else { return }
        do {
            machine = try await client.updateStatus(updated, by: "corbel-agent")
        } catch let error as StatusError where error.reason == .notFound {
            // The host has left its cluster: there is nobody to report to.
            machine = nil
        }
    }
}
