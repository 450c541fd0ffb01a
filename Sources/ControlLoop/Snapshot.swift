public import CorbelAPI

/// What a reconciler may read: the objects of its kinds as the cache holds them, at one moment.
///
/// A snapshot is a value. It costs nothing to hand out, and it does not change under the decision that reads it.
public struct Snapshot: Sendable {
    private var kinds: [GroupKind: SortedObjects]
    /// What the reconcilers of the plane wait for, as each has last said.
    public internal(set) var waits = WaitBook()

    public init(_ objects: some Sequence<Unstructured> = []) {
        kinds = [:]
        for object in objects { insert(object) }
    }

    public mutating func insert(_ object: Unstructured) { insert(object, at: object.key) }

    /// Inserts an object whose key is known.
    public mutating func insert(_ object: Unstructured, at key: ObjectKey) {
        kinds[key.kind, default: SortedObjects()].insert(object, namespace: key.namespace, name: key.name)
    }

    /// Notes what a reconciler waits for at one of its objects; false where that is what it waited for before.
    public mutating func note(_ new: [Wait], of reconciler: String, at key: ObjectKey) -> Bool {
        waits.note(new, of: reconciler, at: key)
    }

    public mutating func remove(_ key: ObjectKey) { kinds[key.kind]?.remove(namespace: key.namespace, name: key.name) }

    public subscript(key: ObjectKey) -> Unstructured? {
        kinds[key.kind]?.find(namespace: key.namespace, name: key.name)
    }

    @inlinable public func get<Kind: TypedResource>(_: Kind.Type, namespace: String = "", name: String) -> Kind? {
        find(Kind.groupKind, namespace: namespace, name: name).map { Kind(json: $0.json) }
    }

    @usableFromInline func find(_ kind: GroupKind, namespace: String, name: String) -> Unstructured? {
        kinds[kind]?.find(namespace: namespace, name: name)
    }

    /// All objects of a kind, in the order of their keys; with `namespace`, those in it.
    @inlinable public func list<Kind: TypedResource>(_: Kind.Type, namespace: String? = nil) -> [Kind] {
        list(Kind.groupKind, namespace: namespace).map { Kind(json: $0.json) }
    }

    public func list(_ kind: GroupKind, namespace: String? = nil) -> [Unstructured] {
        kinds[kind]?.objects(in: namespace) ?? []
    }
}

/// Objects of one kind in the order of namespace and name: reads are many, and want that order.
private struct SortedObjects: Sendable {
    private struct Place: Sendable {
        var namespace: String
        var name: String

        func isBefore(_ namespace: String, _ name: String) -> Bool {
            self.namespace == namespace ? self.name < name : self.namespace < namespace
        }
    }

    private var places: [Place] = []
    /// The objects at those places. They stand apart, so that a list of all is no copy.
    private var objects: [Unstructured] = []

    /// The index of the first place that is not before the key.
    private func position(_ namespace: String, _ name: String) -> Int {
        var (low, high) = (0, places.count)
        // Lists come in order: what is added is mostly the last.
        if let last = places.last, last.isBefore(namespace, name) { return high }
        while low < high {
            let middle = (low + high) / 2
            if places[middle].isBefore(namespace, name) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func holds(_ index: Int, _ namespace: String, _ name: String) -> Bool {
        index < places.count && places[index].name == name && places[index].namespace == namespace
    }

    func find(namespace: String, name: String) -> Unstructured? {
        let index = position(namespace, name)
        return holds(index, namespace, name) ? objects[index] : nil
    }

    mutating func insert(_ object: Unstructured, namespace: String, name: String) {
        let index = position(namespace, name)
        if holds(index, namespace, name) {
            objects[index] = object
        } else {
            places.insert(Place(namespace: namespace, name: name), at: index)
            objects.insert(object, at: index)
        }
    }

    mutating func remove(namespace: String, name: String) {
        let index = position(namespace, name)
        guard holds(index, namespace, name) else { return }
        places.remove(at: index)
        objects.remove(at: index)
    }

    /// All, or those of a namespace.
    func objects(in namespace: String?) -> [Unstructured] {
        guard let namespace, let first = places.first, let last = places.last else { return objects }
        // Many a plane has one namespace only.
        if first.namespace == namespace, last.namespace == namespace { return objects }
        let start = position(namespace, "")
        let end = places[start...].firstIndex { $0.namespace != namespace } ?? places.endIndex
        return Array(objects[start..<end])
    }
}
