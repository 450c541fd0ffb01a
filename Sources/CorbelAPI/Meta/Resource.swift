/// A typed view over the JSON tree of a Kubernetes object.
///
/// The tree is the truth: a view reads and writes single fields of it and leaves every other field as it was, the ones
/// included that this version of Corbel has never heard of. Source of the metadata fields: `metav1.ObjectMeta`.
public protocol Resource: Sendable, Hashable {
    /// The whole object: `apiVersion`, `kind`, `metadata`, `spec`, `status`.
    var json: JSONValue { get set }

    init(json: JSONValue)
}

/// A view of one known kind.
public protocol TypedResource: Resource {
    static var definition: ResourceDefinition { get }
}

extension TypedResource {
    @inlinable public static var groupKind: GroupKind { definition.groupKind }

    /// An object with nothing but its type and its name.
    public init(namespace: String = "", name: String) {
        self.init(json: [
            "apiVersion": .string(Self.definition.groupVersion.description), "kind": .string(Self.definition.kind),
        ])
        self.name = name
        if !namespace.isEmpty { self.namespace = namespace }
    }

    public static func key(namespace: String = "", name: String) -> ObjectKey {
        ObjectKey(groupKind, namespace: namespace, name: name)
    }
}

/// An object of any kind.
public struct Unstructured: Resource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }
}

// Views are read all the time, and most readers know the type of theirs: what is inlinable becomes a look at the tree.
extension Resource {
    public init(_ other: some Resource) { self.init(json: other.json) }

    @inlinable public var apiVersion: String { json["apiVersion"]?.stringValue ?? "" }
    @inlinable public var kind: String { json["kind"]?.stringValue ?? "" }

    @inlinable public var groupVersion: GroupVersion { GroupVersion(apiVersion: apiVersion) ?? GroupVersion("", "") }
    @inlinable public var groupKind: GroupKind { GroupKind(GroupVersion.group(ofAPIVersion: apiVersion), kind) }

    /// Whether the object is of a kind. The name of the kind mostly tells, without a look at the group.
    @inlinable public func isOf(_ groupKind: GroupKind) -> Bool {
        kind == groupKind.kind && self.groupKind == groupKind
    }

    @inlinable public var key: ObjectKey { ObjectKey(groupKind, namespace: namespace, name: name) }

    @inlinable public var name: String {
        get { json["metadata", "name"]?.stringValue ?? "" }
        set { json["metadata", "name"] = .string(newValue) }
    }

    @inlinable public var namespace: String {
        get { json["metadata", "namespace"]?.stringValue ?? "" }
        set { json["metadata", "namespace"] = newValue.isEmpty ? nil : .string(newValue) }
    }

    @inlinable public var uid: String {
        get { json["metadata", "uid"]?.stringValue ?? "" }
        set { json["metadata", "uid"] = newValue.isEmpty ? nil : .string(newValue) }
    }

    /// The store's revision of the last write; empty before the object was stored.
    @inlinable public var resourceVersion: String {
        get { json["metadata", "resourceVersion"]?.stringValue ?? "" }
        set { json["metadata", "resourceVersion"] = newValue.isEmpty ? nil : .string(newValue) }
    }

    /// Counts the changes of what the user asked for.
    @inlinable public var generation: Int {
        get { json["metadata", "generation"]?.intValue ?? 0 }
        set { json["metadata", "generation"] = JSONValue(newValue) }
    }

    public var creationTimestamp: Timestamp? {
        json["metadata", "creationTimestamp"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    /// When the deletion was asked for; the object is gone once its finalizers are.
    @inlinable public var deletionTimestamp: Timestamp? {
        json["metadata", "deletionTimestamp"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    @inlinable public var isDeleting: Bool { deletionTimestamp != nil }

    @inlinable public var labels: [String: String] {
        get { json["metadata", "labels"]?.stringMap ?? [:] }
        set { json["metadata", "labels"] = newValue.isEmpty ? .none : .some(JSONValue(newValue)) }
    }

    /// The value of one label, without a look at the others.
    @inlinable public func label(_ key: String) -> String? { json["metadata", "labels", key]?.stringValue }

    @inlinable public var annotations: [String: String] {
        get { json["metadata", "annotations"]?.stringMap ?? [:] }
        set { json["metadata", "annotations"] = newValue.isEmpty ? .none : .some(JSONValue(newValue)) }
    }

    /// The value of one annotation, without a look at the others.
    @inlinable public func annotation(_ key: String) -> String? { json["metadata", "annotations", key]?.stringValue }

    @inlinable public var finalizers: [String] {
        get { json["metadata", "finalizers"]?.stringList ?? [] }
        set { json["metadata", "finalizers"] = newValue.isEmpty ? .none : .some(JSONValue(newValue)) }
    }

    public var ownerReferences: [OwnerReference] {
        get { (json["metadata", "ownerReferences"]?.arrayValue ?? []).map(OwnerReference.init(json:)) }
        set {
            let references = newValue.map { $0.json(over: ownerReference($0.uid)) }
            json["metadata", "ownerReferences"] = references.isEmpty ? nil : .array(references)
        }
    }

    private func ownerReference(_ uid: String) -> JSONValue? {
        json["metadata", "ownerReferences"]?.arrayValue?.first { $0["uid"]?.stringValue == uid }
    }

    /// The owner that controls this object, if one does.
    public var controllerReference: OwnerReference? { ownerReferences.first { $0.isController } }

    @inlinable public var spec: JSONValue {
        get { json["spec"] ?? [:] }
        set { json["spec"] = newValue }
    }

    @inlinable public var status: JSONValue {
        get { json["status"] ?? [:] }
        set { json["status"] = newValue }
    }

    /// The generation that the status speaks of (`status.observedGeneration`).
    @inlinable public var observedGeneration: Int {
        get { json["status", "observedGeneration"]?.intValue ?? 0 }
        set { json["status", "observedGeneration"] = JSONValue(newValue) }
    }

    /// Adds `owner` as the controller of this object, or replaces the reference to it that is there.
    public mutating func setController(_ owner: some Resource) {
        let reference = OwnerReference(to: owner, isController: true)
        ownerReferences = ownerReferences.filter { $0.uid != reference.uid } + [reference]
    }
}

/// A reference to the object that an object belongs to (`metav1.OwnerReference`).
public struct OwnerReference: Sendable, Hashable {
    public var apiVersion: String
    public var kind: String
    public var name: String
    public var uid: String
    public var isController: Bool
    public var blockOwnerDeletion: Bool

    public init(
        apiVersion: String, kind: String, name: String, uid: String, isController: Bool = false,
        blockOwnerDeletion: Bool = false
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
        self.blockOwnerDeletion = blockOwnerDeletion
    }

    public init(to owner: some Resource, isController: Bool) {
        self.init(
            apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid,
            isController: isController,
            blockOwnerDeletion: isController)
    }

    public var groupKind: GroupKind { GroupKind(GroupVersion(apiVersion: apiVersion)?.group ?? "", kind) }

    init(json: JSONValue) {
        self.init(
            apiVersion: json["apiVersion"]?.stringValue ?? "", kind: json["kind"]?.stringValue ?? "",
            name: json["name"]?.stringValue ?? "", uid: json["uid"]?.stringValue ?? "",
            isController: json["controller"]?.boolValue ?? false,
            blockOwnerDeletion: json["blockOwnerDeletion"]?.boolValue ?? false)
    }

    /// Writes the fields of this reference over `previous`, which may hold fields of a newer version.
    func json(over previous: JSONValue?) -> JSONValue {
        var json = previous ?? [:]
        json["apiVersion"] = .string(apiVersion)
        json["kind"] = .string(kind)
        json["name"] = .string(name)
        json["uid"] = .string(uid)
        json["controller"] = isController ? true : nil
        json["blockOwnerDeletion"] = blockOwnerDeletion ? true : nil
        return json
    }
}

extension JSONValue {
    /// The strings of an object's string fields; fields of other types are left out.
    public var stringMap: [String: String]? {
        objectValue.map { object in
            Dictionary(
                object.compactMap { field in field.value.stringValue.map { (field.key, $0) } }, uniquingKeysWith: { $1 }
            )
        }
    }

    /// The strings of an array; elements of other types are left out.
    public var stringList: [String]? { arrayValue?.compactMap(\.stringValue) }
}
