public import CorbelAPI

/// What a watch tells.
public enum WatchEvent: Sendable, Hashable {
    /// `ADDED` and `MODIFIED` alike: after a reconnection the two cannot be told apart.
    case stored(Unstructured)
    /// `DELETED`; the object carries the resourceVersion of its deletion.
    case deleted(Unstructured)
    /// `BOOKMARK`: everything up to this resourceVersion has been sent.
    case bookmark(resourceVersion: String)
    /// The watch cannot go on (410 Gone): the kind has to be listed anew.
    case expired
}

/// One object that is not what it was.
public struct CacheChange: Sendable, Hashable {
    public var old: Unstructured?
    public var new: Unstructured?

    /// The object as it is, or as it last was.
    public var object: Unstructured {
        guard let object = new ?? old else { preconditionFailure("a change is of something") }
        return object
    }
}

/// The local copy of the kinds that controllers read, kept by a list and a watch of each.
///
/// Resource versions are opaque, except that within one plane they are ordered when both are decimal numbers, which
/// is what both kube-apiserver and Corbel's API server promise (KEP-5504 "comparable resource version").
public struct InformerCache: Sendable {
    /// What the cache must have seen before a decision may rest on it.
    public enum Expectation: Sendable, Hashable {
        /// The effect of a write of ours that was answered with this resourceVersion.
        case version(ObjectKey, String)
        /// The end, or the marking for deletion, of the object with this UID.
        case deletion(ObjectKey, uid: String)
        /// A read of an object whose write was never answered.
        case reading(ObjectKey)

        public var key: ObjectKey {
            switch self {
            case .version(let key, _), .deletion(let key, _), .reading(let key): key
            }
        }
    }

    public internal(set) var snapshot = Snapshot()
    /// How far each kind's list and watch have come; a kind without an entry has never been listed.
    private var progress: [GroupKind: String] = [:]

    public init() {}

    public func hasSynced(_ kind: GroupKind) -> Bool { progress[kind] != nil }

    /// Takes over a complete list. What the list lacks is gone, whatever the watch had missed.
    public mutating func replace(
        _ kind: GroupKind, with objects: [Unstructured], resourceVersion: String
    ) -> [CacheChange] {
        let present = Set(objects.map(\.key))
        let gone = snapshot.list(kind).filter { !present.contains($0.key) }
        for object in gone { snapshot.remove(object.key) }
        let stored = objects.sorted { $0.key < $1.key }.compactMap { store($0) }
        progress[kind] = resourceVersion
        return gone.map { CacheChange(old: $0, new: nil) } + stored
    }

    /// Takes over one event of a watch. `expired` changes nothing: old news is better than none until the list is
    /// there.
    public mutating func apply(_ event: WatchEvent, of kind: GroupKind) -> CacheChange? {
        switch event {
        case .stored(let object):
            advance(kind, to: object.resourceVersion)
            return store(object)
        case .deleted(let object):
            advance(kind, to: object.resourceVersion)
            return remove(object)
        case .bookmark(let version):
            advance(kind, to: version)
            return nil
        case .expired:
            return nil
        }
    }

    /// Takes over what a read answered; it may be ahead of the watch or behind it.
    public mutating func take(read object: Unstructured) -> CacheChange? { store(object) }

    /// Whether the cache has seen what the expectation is about.
    public func fulfils(_ expectation: Expectation) -> Bool {
        switch expectation {
        case .version(let key, let version):
            if let object = snapshot[key], ResourceVersion.isAtLeast(object.resourceVersion, version) { return true }
            return progress[key.kind].map { ResourceVersion.isAtLeast($0, version) } ?? false
        case .deletion(let key, let uid):
            guard let object = snapshot[key], object.uid == uid else { return true }
            return object.isDeleting
        case .reading:
            return false
        }
    }

    private mutating func advance(_ kind: GroupKind, to version: String) {
        if let known = progress[kind], ResourceVersion.isOlder(version, than: known) { return }
        progress[kind] = version
    }

    /// Stores the object unless the cache holds this version of it or a newer one.
    private mutating func store(_ object: Unstructured) -> CacheChange? {
        let key = object.key
        let old = snapshot[key]
        if let old, old.uid == object.uid {
            if old.resourceVersion == object.resourceVersion { return nil }
            if ResourceVersion.isOlder(object.resourceVersion, than: old.resourceVersion) { return nil }
        }
        snapshot.insert(object, at: key)
        return CacheChange(old: old, new: object)
    }

    /// Removes the object unless its name has been given anew meanwhile.
    private mutating func remove(_ object: Unstructured) -> CacheChange? {
        let key = object.key
        guard let old = snapshot[key], old.uid == object.uid || object.uid.isEmpty else { return nil }
        if ResourceVersion.isOlder(object.resourceVersion, than: old.resourceVersion) { return nil }
        snapshot.remove(key)
        return CacheChange(old: old, new: nil)
    }
}

/// Comparing the revisions of one plane.
public enum ResourceVersion {
    /// Whether `version` is certainly older. Versions that are no numbers are never ordered.
    public static func isOlder(_ version: String, than other: String) -> Bool {
        guard let left = UInt64(version), let right = UInt64(other) else { return false }
        return left < right
    }

    /// Whether `version` is `other` or certainly newer.
    public static func isAtLeast(_ version: String, _ other: String) -> Bool {
        if version == other { return true }
        guard let left = UInt64(version), let right = UInt64(other) else { return false }
        return left >= right
    }
}
