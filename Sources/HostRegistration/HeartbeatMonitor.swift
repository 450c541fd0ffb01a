import ControlLoop
import CorbelAPI
public import Effects
public import Logging
public import ResourceClient

/// Listens to heartbeats, and writes when the answer to "has it been heard of in time" changes (law 6).
///
/// A heartbeat costs no write. The last-heard times of the whole fleet are checkpointed once a minute into one
/// ConfigMap, for people to see after a restart; no decision rests on them.
public actor HeartbeatMonitor {
    public struct Configuration: Sendable {
        /// A host that is silent for this long is unreachable.
        public var timeout: Duration
        public var checkInterval: Duration
        public var checkpointInterval: Duration

        public init(
            timeout: Duration = .seconds(300), checkInterval: Duration = .seconds(5),
            checkpointInterval: Duration = .seconds(60)
        ) {
            self.timeout = timeout
            self.checkInterval = checkInterval
            self.checkpointInterval = checkpointInterval
        }
    }

    static let checkpointName = "corbel-heartbeats"

    private let configuration: Configuration
    private let client: any ResourceClient
    private let time: any TimeSource
    private let logger: Logger
    private var reachability: HeartbeatWatch<HostIdentity>
    /// Changes that are not written yet, the newest of each host.
    private var unwritten: [HostIdentity: Reachability] = [:]

    public init(
        _ configuration: Configuration, client: any ResourceClient, time: any TimeSource, logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.time = time
        self.logger = logger
        reachability = HeartbeatWatch(timeout: configuration.timeout)
    }

    /// Notes a sign of life.
    func heard(_ host: HostIdentity) async {
        guard let change = reachability.heard(host, at: time.uptime) else { return }
        unwritten[change.host] = change.state
        await writeChange(of: change.host)
    }

    /// How long ago a host was heard of, where that was since this process started.
    public func age(of host: HostIdentity) -> Duration? { reachability.age(of: host, at: time.uptime) }

    /// Runs until it is cancelled.
    public func run() async throws {
        var nextCheckpoint = time.uptime + configuration.checkpointInterval
        while true {
            do {
                try await expectRegistered()
                for change in reachability.expire(at: time.uptime) { unwritten[change.host] = change.state }
                await writeChanges()
                if time.uptime >= nextCheckpoint {
                    try await checkpoint()
                    nextCheckpoint = time.uptime + configuration.checkpointInterval
                }
            } catch let error as StatusError {
                logger.warning("heartbeats cannot be looked after: \(error.message); trying again")
            }
            try await time.sleep(for: configuration.checkInterval)
        }
    }

    private func expectRegistered() async throws {
        for host in try await client.list(EdgeHost.self) where host.isApproved {
            let identity = HostIdentity(namespace: host.namespace, name: host.name)
            reachability.expect(identity, at: time.uptime)
            // After a start the object may say what was true before it: unknown, until something is.
            if host.condition("Reachable") == nil || reachability.state(of: identity) == .unknown {
                if host.condition("Reachable")?.status != .unknown {
                    unwritten[identity] = reachability.state(of: identity)
                }
            }
        }
    }

    private func writeChanges() async {
        for host in unwritten.keys.sorted() {
            await writeChange(of: host)
        }
    }

    /// Takes the state that is newest now: while others were written, the host may have been heard of and written
    /// already.
    private func writeChange(of host: HostIdentity) async {
        guard let state = unwritten[host] else { return }
        do {
            try await write(state, of: host)
            if unwritten[host] == state { unwritten[host] = nil }
        } catch {
            logger.warning("the reachability of \(host.name) cannot be written: \(error); trying again")
        }
    }

    private func write(_ state: Reachability, of host: HostIdentity) async throws {
        guard var edgeHost = try await client.find(EdgeHost.self, namespace: host.namespace, name: host.name) else {
            reachability.forget(host)
            return
        }
        let before = edgeHost
        edgeHost.set(state.condition(timeout: configuration.timeout), now: time.now)
        if edgeHost != before { _ = try await client.updateStatus(edgeHost, by: "heartbeats") }
    }

    private func checkpoint() async throws {
        let times = reachability.ages(at: time.uptime).map { host, age in
            ("\(host.namespace)_\(host.name)", (time.now - age).rfc3339)
        }
        var data: [String: String] = [:]
        for (key, value) in times { data[key] = value }
        if data.isEmpty { return }
        let name = Self.checkpointName
        guard var present = try await client.find(ConfigMap.self, namespace: "kube-system", name: name) else {
            var new = ConfigMap(namespace: "kube-system", name: name)
            new.data = data
            _ = try await client.create(new, by: "heartbeats")
            return
        }
        if present.data == data { return }
        present.data = data
        _ = try await client.update(present, by: "heartbeats")
    }
}
