import APIMachinery
public import ControlLoop
public import CorbelAPI
public import ResourceClient

/// Carries out single intents over a client.
public struct IntentWriter: Sendable {
    private let client: any ResourceClient
    private let manager: String

    /// - Parameter manager: who owns the fields that are written.
    public init(client: any ResourceClient, manager: String) {
        self.client = client
        self.manager = manager
    }

    /// The object as it was stored, where the intent stores one. An event is nothing to this writer.
    @discardableResult
    public func write(_ intent: Intent) async throws -> Unstructured? {
        let options = WriteOptions(fieldManager: manager)
        switch intent {
        case .create(let object): return try await client.create(object, options)
        case .update(let object): return try await client.update(object, subresource: nil, options)
        case .updateStatus(let object): return try await client.update(object, subresource: .status, options)
        case .delete(let key, let uid, let resourceVersion):
            try await client.delete(key, DeleteOptions(of: uid, at: resourceVersion))
        case .evict(let pod, let uid): try await client.evict(pod, DeleteOptions(of: uid))
        case .applyManifest(let object, let manager):
            return try await client.apply(object, by: manager, force: true)
        case .event: break
        }
        return nil
    }
}

extension DeleteOptions {
    fileprivate init(of uid: String, at resourceVersion: String? = nil) {
        self.init()
        preconditions.uid = uid
        preconditions.resourceVersion = resourceVersion
        propagationPolicy = .background
    }
}
