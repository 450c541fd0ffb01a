import APIMachinery
import CorbelAPI
import ResourceClient

/// A client and the namespace of one check.
struct ClientSession: Sendable {
    static let manager = "conformance"

    let client: any ResourceClient
    let namespace: String

    let options = WriteOptions(fieldManager: manager)

    func key(_ name: String) -> ObjectKey { ConfigMap.key(namespace: namespace, name: name) }

    func configMap(_ name: String, _ data: [String: String] = [:]) -> Unstructured {
        var map = ConfigMap(namespace: namespace, name: name)
        map.data = data
        return Unstructured(map)
    }

    @discardableResult
    func create(
        _ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]
    ) async throws -> Unstructured {
        var object = configMap(name, data)
        object.labels = labels
        return try await client.create(object, options)
    }

    var list: ListOptions { ListOptions(namespace: namespace) }

    func names(_ options: ListOptions) async throws -> [String] {
        try await client.list(ConfigMap.groupKind, options).items.map(\.name)
    }

    /// An EdgeHost, as a kind with the subresource `status`.
    func edgeHost(_ name: String) async throws -> EdgeHost {
        try await client.create(EdgeHost(namespace: namespace, name: name), by: Self.manager)
    }

    /// The events of a watch, bookmarks left out.
    func watch(_ options: ListOptions) async throws -> EventReader {
        EventReader(try await client.watch(ConfigMap.groupKind, options))
    }

    func watch(after revision: String) async throws -> EventReader {
        var options = list
        options.resourceVersion = revision
        return try await watch(options)
    }
}

/// The reader of one watch.
struct EventReader {
    private var iterator: AsyncThrowingStream<WatchEvent, any Error>.AsyncIterator

    init(_ stream: AsyncThrowingStream<WatchEvent, any Error>) { iterator = stream.makeAsyncIterator() }

    /// The next change.
    mutating func next() async throws -> WatchEvent {
        while let event = try await iterator.next() {
            if case .bookmark = event { continue }
            return event
        }
        throw ConformanceFailure(subject: "a watch", expected: "an event", seen: "its end")
    }
}
