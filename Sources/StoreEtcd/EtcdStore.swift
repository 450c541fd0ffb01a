import CorbelAPI
public import Effects
public import ResourceStore

/// A store in an etcd cluster, version 3.4 or later, over etcd's JSON gateway. Many servers may share one.
///
/// etcd's revisions are the store's. The store follows all of its keys with one stream and fans the changes out itself,
/// so that ten thousand watches cost etcd as much as one. ``run()`` keeps that stream; its owner must drive it, or
/// watches stay silent.
///
/// One key beside the root, the beacon, belongs to the store. It is written when a server connects, and when nothing
/// has happened for a while: it proves that the stream is alive, and it puts a change into the stream at a revision
/// where a watch passes from etcd's history to the store's memory.
public final class EtcdStore: ResourceStore {
    /// Where a cluster is and what of it is the store's.
    public struct Configuration: Sendable {
        /// The client URLs of the members.
        public var endpoints: [String]
        /// The prefix of all keys; ends in a slash.
        public var root: StoreKey
        public var limits: WatchLimits
        /// After how much silence the stream of changes is tested.
        public var probeInterval: Duration

        public init(
            endpoints: [String], root: StoreKey = "/corbel/", limits: WatchLimits = WatchLimits(),
            probeInterval: Duration = .seconds(10)
        ) {
            precondition(root.text.hasSuffix("/"), "the root \(root) is a folder and ends in a slash")
            self.endpoints = endpoints
            self.root = root
            self.limits = limits
            self.probeInterval = probeInterval
        }
    }

    /// How many entries are asked of etcd at a time.
    private static let pageSize = 500

    let configuration: Configuration
    let client: EtcdClient
    let time: any TimeSource
    let hub: WatchHub

    private init(_ configuration: Configuration, _ client: EtcdClient, _ time: any TimeSource, at start: StoreRevision)
    {
        self.configuration = configuration
        self.client = client
        self.time = time
        hub = WatchHub(at: start, limits: configuration.limits)
    }

    /// Connects to a cluster. Certificates and trust are the sender's.
    public static func connect(
        _ configuration: Configuration, sender: any HTTPSender, time: any TimeSource
    ) async throws -> EtcdStore {
        let client = EtcdClient(sender, endpoints: configuration.endpoints)
        let start = try await client.putBeacon(configuration.beacon)
        return EtcdStore(configuration, client, time, at: start)
    }
}

extension EtcdStore {
    public func get(_ key: StoreKey) async throws -> StoreEntry? {
        try checkKey(key)
        return try await client.read("/v3/kv/range", EtcdRange(key).json).entries().first
    }

    /// A long list is asked for in pieces at one revision: an answer of etcd's gateway is in memory whole.
    public func list(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?
    ) async throws -> StorePage {
        let prefix = try clamp(prefix)
        var page = try await piece(prefix, at: revision, limit: min(limit ?? .max, Self.pageSize), after: key)
        while page.remaining > 0, page.entries.count < limit ?? .max {
            let wanted = min((limit ?? .max) - page.entries.count, Self.pageSize)
            let next = try await piece(prefix, at: page.revision, limit: wanted, after: page.entries.last?.key)
            page.entries += next.entries
            page.remaining = next.remaining
        }
        return page
    }

    public func count(_ prefix: StoreKey) async throws -> Int {
        var request = EtcdRange(prefix: try clamp(prefix)).json
        request["count_only"] = true
        return Int(try await client.read("/v3/kv/range", request).int64("count"))
    }

    public func currentRevision() async throws -> StoreRevision {
        try await client.read("/v3/kv/range", EtcdRange(configuration.beacon).json).headerRevision()
    }

    public func put(
        _ key: StoreKey, _ value: [UInt8], expecting expectation: StoreExpectation
    ) async throws -> StoreOutcome {
        var put = EtcdRange(key).json
        put["value"] = .string(Base64.encode(value))
        let revision: StoreRevision? = if case .revision(let revision) = expectation { revision } else { nil }
        return try await commit(key, ifRevision: revision?.rawValue ?? 0, ["request_put": put])
    }

    public func delete(_ key: StoreKey, expecting revision: StoreRevision) async throws -> StoreOutcome {
        // Revision zero is etcd's word for a key that does not exist.
        if revision.rawValue == 0 { return .mismatch(current: try await get(key)) }
        return try await commit(
            key, ifRevision: revision.rawValue, ["request_delete_range": EtcdRange(key).json])
    }

    /// Waits until the store's own stream has passed the revision: what is compacted before it is seen is lost to
    /// every watch.
    public func compact(_ revision: StoreRevision) async throws {
        try await waitUntilFollowed(revision)
        do {
            _ = try await client.write("/v3/kv/compaction", ["revision": .string(revision.resourceVersion)])
        } catch let error as StatusError where error.reason == .expired {
            // Another server has compacted as far already; this one's memory follows.
        }
        hub.compact(revision)
    }

    private func commit(
        _ key: StoreKey, ifRevision revision: Int64, _ operation: JSONValue
    ) async throws -> StoreOutcome {
        try checkKey(key)
        let request = transaction(key, ifRevision: revision, then: operation)
        let reply = try await client.write("/v3/kv/txn", request)
        if reply["succeeded"]?.boolValue ?? false { return .committed(try reply.headerRevision()) }
        let current = try reply["responses"]?.arrayValue?.first?["response_range"]?.entries().first
        return .mismatch(current: current)
    }

    /// One answer of etcd. Where it is too long, fewer entries are asked for.
    private func piece(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int, after key: StoreKey?
    ) async throws -> StorePage {
        if let revision, revision < .initial { throw StatusError.revisionTooOld() }
        var request = EtcdRange(prefix: prefix, after: key).json
        request["limit"] = .string(String(limit))
        if let revision { request["revision"] = .string(revision.resourceVersion) }
        do {
            let reply = try await client.read("/v3/kv/range", request)
            let entries = try reply.entries()
            let remaining = max(0, Int(reply.int64("count")) - entries.count)
            return StorePage(entries: entries, revision: try revision ?? reply.headerRevision(), remaining: remaining)
        } catch let error as StatusError where error.reason == .requestEntityTooLarge && limit > 1 {
            return try await piece(prefix, at: revision, limit: max(1, limit / 8), after: key)
        }
    }

    private func checkKey(_ key: StoreKey) throws {
        guard key.hasPrefix(configuration.root), key != configuration.root else {
            throw StatusError(.badRequest, "the key \(key) is not under \(configuration.root)")
        }
    }

    /// The part of a prefix that is the store's.
    func clamp(_ prefix: StoreKey) throws -> StoreKey {
        if prefix.hasPrefix(configuration.root) { return prefix }
        if configuration.root.hasPrefix(prefix) { return configuration.root }
        throw StatusError(.badRequest, "the prefix \(prefix) is not under \(configuration.root)")
    }
}

extension EtcdStore.Configuration {
    /// A key just before all keys of the root: `.` sorts before `/`.
    var beacon: StoreKey { StoreKey(root.text.dropLast() + ".beacon") }

    /// All keys of the root, and the beacon.
    var followed: EtcdRange { EtcdRange(from: Array(beacon.utf8), to: root.prefixEnd ?? [0]) }
}

extension EtcdClient {
    /// Makes a change of the store's own and returns its revision.
    func putBeacon(_ beacon: StoreKey) async throws -> StoreRevision {
        try await read("/v3/kv/put", EtcdRange(beacon).json).headerRevision()
    }
}
