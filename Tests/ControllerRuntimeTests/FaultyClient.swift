import APIMachinery
import APIServer
import CorbelAPI
import Logging
import ResourceClient
import ResourceStore
import ScriptedEffects
import Synchronization
import Testing

import enum ResourceClient.WatchEvent

/// A client of a server in memory that fails where a test says so.
final class FaultyClient: ResourceClient {
    private let base: any ResourceClient
    private let fault = Mutex<(@Sendable (_ verb: String, _ kind: String) -> (any Error)?)?>(nil)

    /// One whose server has the namespace `default`.
    init(time: HandTime) async throws {
        let server = APIServer(
            .init(registry: .centre, authorizer: MastersAuthorizer(), version: "test"), store: MemoryStore(),
            clock: time, random: CountedRandom())
        base = server.client(as: UserInfo(name: "test", groups: [UserInfo.mastersGroup]))
        _ = try await base.create(Namespace(name: "default"), by: "test")
    }

    /// What calls fail with from now on; `nil` lets a call through.
    func fail(_ answer: @escaping @Sendable (_ verb: String, _ kind: String) -> (any Error)?) {
        fault.withLock { $0 = answer }
    }

    /// Lets every call through.
    func heal() { fault.withLock { $0 = nil } }

    private func pass(_ verb: String, _ kind: String) throws {
        if let error = fault.withLock({ $0 })?(verb, kind) { throw error }
    }

    func get(_ key: ObjectKey) async throws -> Unstructured {
        try pass("get", key.kind.kind)
        return try await base.get(key)
    }

    func list(_ kind: GroupKind, _ options: ListOptions) async throws -> ResourceList {
        try pass("list", kind.kind)
        return try await base.list(kind, options)
    }

    func watch(_ kind: GroupKind, _ options: ListOptions) async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        try pass("watch", kind.kind)
        return try await base.watch(kind, options)
    }

    func create(_ object: Unstructured, _ options: WriteOptions) async throws -> Unstructured {
        try pass("create", object.kind)
        return try await base.create(object, options)
    }

    func update(
        _ object: Unstructured, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        try pass("update", object.kind)
        return try await base.update(object, subresource: subresource, options)
    }

    func patch(
        _ key: ObjectKey, _ type: PatchType, _ body: JSONValue, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        try pass("patch", key.kind.kind)
        return try await base.patch(key, type, body, subresource: subresource, options)
    }

    func delete(_ key: ObjectKey, _ options: DeleteOptions) async throws {
        try pass("delete", key.kind.kind)
        try await base.delete(key, options)
    }

    func evict(_ pod: ObjectKey, _ options: DeleteOptions) async throws {
        try pass("evict", pod.kind.kind)
        try await base.evict(pod, options)
    }
}

/// What no server answers.
struct BrokenPromise: Error, Equatable {}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Looks until something is so; a test that waits for what never happens ends with its time limit.
func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
