import CorbelAPI
import Effects
import HostPlan
import Logging
import ResourceClient

/// The host's HostMachine, in whichever plane it is: watches what the host is told, and writes what the host reports.
actor MachineLink {
    /// Where HostMachines of this host may be, the plane that counts first.
    typealias Planes = @Sendable () async -> [(name: String, client: any ResourceClient)]

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
            for plane in await planes() {
                do {
                    if try await look(in: plane.client, changed) { break }
                } catch let error as StatusError {
                    logger.debug("\(plane.name): \(error.message)")
                }
            }
            try await time.sleep(for: .seconds(1))
        }
    }

    /// Reads the machine from a plane; answers whether it is there.
    private func look(in client: any ResourceClient, _ changed: @Sendable (HostSpec) -> Void) async throws -> Bool {
        let found = try await client.list(HostMachine.self, namespace: namespace).first { $0.hostName == hostName }
        guard let found else { return false }
        self.client = client
        let isNew = machine.map { HostSpec($0) } != HostSpec(found)
        machine = found
        if isNew { changed(HostSpec(found)) }
        try await deliver()
        return true
    }

    func take(_ report: HostReport) async {
        self.report = report
        do {
            try await deliver()
        } catch {
            logger.debug("a report waits for its plane: \(error)")
        }
    }

    func take(isReady: Bool, etcd: JSONValue?) async {
        self.isReady = isReady
        if let etcd { self.etcd = etcd }
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
        if let etcd { updated.json["status", "etcd"] = etcd }
        report?.write(into: &updated)
        guard updated != before else { return }
        machine = try await client.updateStatus(updated, by: "corbel-agent")
    }
}
