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

    public mutating func insert(_ object: Unstructured) {
        kinds[object.groupKind, default: SortedObjects()].insert(object)
    }

    /// Notes what a reconciler waits for at one of its objects; false where that is what it waited for before.
    public mutating func note(_ new: [Wait], of reconciler: String, at key: ObjectKey) -> Bool {
        waits.note(new, of: reconciler, at: key)
    }

    public mutating func remove(_ key: ObjectKey) { kinds[key.kind]?.remove(namespace: key.namespace, name: key.name) }

    public subscript(key: ObjectKey) -> Unstructured? {
        kinds[key.kind]?.find(namespace: key.namespace, name: key.name)
    }

    public func get<Kind: TypedResource>(_: Kind.Type, namespace: String = "", name: String) -> Kind? {
        kinds[Kind.groupKind]?.find(namespace: namespace, name: name).map { Kind(json: $0.json) }
    }

    /// All objects of a kind, in the order of their keys; with `namespace`, those in it.
    public func list<Kind: TypedResource>(_: Kind.Type, namespace: String? = nil) -> [Kind] {
        kinds[Kind.groupKind]?.objects(in: namespace).map { Kind(json: $0.json) } ?? []
    }

    public func list(_ kind: GroupKind, namespace: String? = nil) -> [Unstructured] {
        kinds[kind]?.objects(in: namespace).map(\.self) ?? []
    }
}

/// Objects of one kind in the order of namespace and name: reads are many, and want that order.
private struct SortedObjects: Sendable {
    private struct Entry: Sendable {
        var namespace: String
        var name: String
        var object: Unstructured

        func isBefore(_ namespace: String, _ name: String) -> Bool {
            self.namespace == namespace ? self.name < name : self.namespace < namespace
        }
    }

    private var entries: [Entry] = []

    /// The index of the first entry that is not before the key.
    private func position(_ namespace: String, _ name: String) -> Int {
        var (low, high) = (0, entries.count)
        // Lists come in order: what is added is mostly the last.
        if let last = entries.last, last.isBefore(namespace, name) { return high }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].isBefore(namespace, name) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func holds(_ index: Int, _ namespace: String, _ name: String) -> Bool {
        index < entries.count && entries[index].name == name && entries[index].namespace == namespace
    }

    func find(namespace: String, name: String) -> Unstructured? {
        let index = position(namespace, name)
        return holds(index, namespace, name) ? entries[index].object : nil
    }

    mutating func insert(_ object: Unstructured) {
        let entry = Entry(namespace: object.namespace, name: object.name, object: object)
        let index = position(entry.namespace, entry.name)
        if holds(index, entry.namespace, entry.name) {
            entries[index] = entry
        } else {
            entries.insert(entry, at: index)
        }
    }

    mutating func remove(namespace: String, name: String) {
        let index = position(namespace, name)
        if holds(index, namespace, name) { entries.remove(at: index) }
    }

    /// All, or those of a namespace.
    func objects(in namespace: String?) -> some Sequence<Unstructured> {
        guard let namespace else { return entries[...].lazy.map(\.object) }
        let start = position(namespace, "")
        let end = entries[start...].firstIndex { $0.namespace != namespace } ?? entries.endIndex
        return entries[start..<end].lazy.map(\.object)
    }
}
