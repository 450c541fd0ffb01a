public import APIMachinery
public import CorbelAPI

/// Reads, writes and watches the objects of one API server, wherever it is: in this process, at the centre or at a
/// site.
///
/// Every error that crosses the protocol is a `StatusError`. An answer that got lost is a `StatusError` with the reason
/// `timeout` or `serviceUnavailable`: the caller reads again, and assumes nothing.
public protocol ResourceClient: Sendable {
    /// - Throws: `notFound` where there is no such object.
    func get(_ key: ObjectKey) async throws -> Unstructured

    func list(_ kind: GroupKind, _ options: ListOptions) async throws -> ResourceList

    /// Follows the changes after `options.resourceVersion`, which a list has answered with. The stream ends when the
    /// server ends it; it throws `expired` when the server has forgotten that revision, and the caller lists anew. A
    /// watch without a revision is refused with `badRequest`.
    func watch(_ kind: GroupKind, _ options: ListOptions) async throws -> AsyncThrowingStream<WatchEvent, any Error>

    func create(_ object: Unstructured, _ options: WriteOptions) async throws -> Unstructured

    /// Replaces the object, or the part of it that `subresource` names. An object that bears a resourceVersion is
    /// written only over that very revision. A replica count is written with a patch of `scale`, whose object is of
    /// another kind.
    func update(_ object: Unstructured, subresource: Subresource?, _ options: WriteOptions) async throws -> Unstructured

    func patch(
        _ key: ObjectKey, _ type: PatchType, _ body: JSONValue, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured

    func delete(_ key: ObjectKey, _ options: DeleteOptions) async throws

    /// Asks for a pod to be evicted (policy/v1 Eviction).
    ///
    /// - Throws: `tooManyRequests` while a PodDisruptionBudget forbids it.
    func evict(_ pod: ObjectKey, _ options: DeleteOptions) async throws
}

/// A part of an object with a path of its own.
public enum Subresource: String, Sendable, Hashable {
    case status
    case scale
    /// Of a CertificateSigningRequest: whether it may be signed.
    case approval
}

/// What to list or watch.
public struct ListOptions: Sendable, Hashable {
    /// `nil` is all namespaces.
    public var namespace: String?
    public var labelSelector = ""
    public var fieldSelector = ""
    /// The revision that a watch starts after.
    public var resourceVersion = ""
    /// How many objects a page holds; 0 is all.
    public var limit = 0
    public var continueToken = ""

    public init(namespace: String? = nil) { self.namespace = namespace }
}

extension StatusError {
    /// The refusal of a watch that does not say where it begins.
    public static let watchWithoutRevision = StatusError(
        .badRequest, "a watch begins after the resourceVersion of a list")
}

/// How to write.
public struct WriteOptions: Sendable, Hashable {
    /// Who owns the fields that are written (`metadata.managedFields`).
    public var fieldManager: String
    /// Whether an apply takes fields away from their owners.
    public var force = false
    /// Whether everything happens but the write (`dryRun=All`).
    public var isDryRun = false
    /// What becomes of fields that the kind does not have; the server drops them with a warning, unless said.
    public var validation: FieldValidation?

    public init(fieldManager: String) { self.fieldManager = fieldManager }
}

/// A consistent list, and the revision that it shows.
public struct ResourceList: Sendable, Hashable {
    public var items: [Unstructured]
    public var resourceVersion: String
    /// The token for the next page; empty on the last.
    public var continueToken: String

    public init(items: [Unstructured], resourceVersion: String, continueToken: String = "") {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

/// A change that a watch tells of.
public enum WatchEvent: Sendable, Hashable {
    case added(Unstructured)
    case modified(Unstructured)
    /// The object as it was last, with the revision of its deletion.
    case deleted(Unstructured)
    /// Nothing of this kind changed up to this revision.
    case bookmark(resourceVersion: String)
}

extension ResourceClient {
    /// The object as a view of its kind, or `nil` where there is none.
    public func find<Kind: TypedResource>(_: Kind.Type, namespace: String = "", name: String) async throws -> Kind? {
        do {
            return Kind(json: try await get(Kind.key(namespace: namespace, name: name)).json)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }

    public func list<Kind: TypedResource>(_: Kind.Type, namespace: String? = nil) async throws -> [Kind] {
        try await list(Kind.groupKind, ListOptions(namespace: namespace)).items.map { Kind(json: $0.json) }
    }

    public func create<Kind: TypedResource>(_ object: Kind, by manager: String) async throws -> Kind {
        Kind(json: try await create(Unstructured(object), WriteOptions(fieldManager: manager)).json)
    }

    public func update<Kind: TypedResource>(_ object: Kind, by manager: String) async throws -> Kind {
        let options = WriteOptions(fieldManager: manager)
        return Kind(json: try await update(Unstructured(object), subresource: nil, options).json)
    }

    public func updateStatus<Kind: TypedResource>(_ object: Kind, by manager: String) async throws -> Kind {
        let options = WriteOptions(fieldManager: manager)
        return Kind(json: try await update(Unstructured(object), subresource: .status, options).json)
    }

    /// Deletes an object whatever its state, in the way that its kind prefers.
    public func delete(_ key: ObjectKey) async throws { try await delete(key, DeleteOptions()) }

    /// Server-side apply.
    public func apply(_ object: Unstructured, by manager: String, force: Bool = false) async throws -> Unstructured {
        var options = WriteOptions(fieldManager: manager)
        options.force = force
        return try await patch(object.key, .apply, object.json, subresource: nil, options)
    }
}
