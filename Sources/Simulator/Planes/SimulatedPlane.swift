import APIMachinery
import ControlLoop
import CorbelAPI

/// An API server in a value: its objects, the log that watches read, and the checks that a write has to pass.
struct SimulatedPlane {
    /// One entry of the log.
    private struct Change {
        var revision: Int
        var kind: GroupKind
        var event: WatchEvent
    }

    /// How many changes the log holds; whoever is further behind lists anew.
    private static let logLimit = 4096

    let name: String
    private(set) var snapshot = Snapshot()
    private(set) var revision = 0
    /// The revision at which an object of a kind last changed.
    private var revisions: [GroupKind: Int] = [:]
    /// The kinds that have changed since they were last asked for.
    private var changedKinds: [GroupKind] = []
    private var log: [Change] = []
    /// Watches from before this revision are answered with 410.
    private(set) var compacted = 0
    private var created = 0
    /// What refers to an object as its owner, by the owner's UID.
    private var dependents: [String: Set<ObjectKey>] = [:]

    init(_ name: String) { self.name = name }

    func get<Kind: TypedResource>(_ kind: Kind.Type, namespace: String = "", name: String) -> Kind? {
        snapshot.get(kind, namespace: namespace, name: name)
    }

    /// The changes after the cursors, in order, and where the cursors stand then; nil for a kind whose place in the log
    /// is compacted.
    func changes(after cursors: [GroupKind: Int]) -> [(kind: GroupKind, event: WatchEvent)] {
        let expired = cursors.filter { $0.value < compacted }.keys.sorted().map { ($0, WatchEvent.expired) }
        guard let least = cursors.values.filter({ $0 >= compacted }).min() else { return expired }
        let start = firstIndex(after: least)
        let news = log[start...].filter { change in
            cursors[change.kind].map { $0 >= compacted && change.revision > $0 } ?? false
        }
        return expired + news.map { ($0.kind, $0.event) }
    }

    private func firstIndex(after revision: Int) -> Int {
        var (low, high) = (0, log.count)
        while low < high {
            let middle = (low + high) / 2
            if log[middle].revision > revision { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Forgets the log: every watch that is behind has to list anew.
    mutating func compact() {
        log = []
        compacted = revision
    }

    // MARK: Storing

    /// Stores an object as whoever owns it would, without the checks of a write: a kubelet, a person at the database.
    mutating func put(_ object: some Resource, now: Timestamp) {
        var stored = Unstructured(object)
        if let present = snapshot[stored.key] {
            stored.uid = present.uid
            stored.generation = present.generation + (stored.spec != present.spec ? 1 : 0)
        } else {
            created += 1
            stored.uid = "\(name)-\(created)"
            stored.generation = 1
            stored.json["metadata", "creationTimestamp"] = .string(now.rfc3339)
        }
        _ = store(stored)
    }

    /// Changes an object as its owner would; nothing is stored where nothing changes.
    mutating func change<Kind: TypedResource>(
        _ kind: Kind.Type, namespace: String = "", name: String, now: Timestamp, _ body: (inout Kind) -> Void
    ) {
        guard var object = get(kind, namespace: namespace, name: name) else { return }
        let before = object
        body(&object)
        if object != before { put(object, now: now) }
    }

    private mutating func store(_ object: Unstructured) -> Unstructured {
        var stored = object
        revision += 1
        stored.resourceVersion = String(revision)
        let key = stored.key
        for owner in snapshot[key]?.ownerReferences ?? [] { dependents[owner.uid]?.remove(key) }
        for owner in stored.ownerReferences { dependents[owner.uid, default: []].insert(key) }
        snapshot.insert(stored, at: key)
        append(key.kind, .stored(stored))
        return stored
    }

    /// The revision at which an object of a kind last changed; 0 where there never was one.
    func revision(of kind: GroupKind) -> Int { revisions[kind] ?? 0 }

    /// The kinds that have changed since the last call.
    mutating func takeChangedKinds() -> [GroupKind] {
        if changedKinds.isEmpty { return [] }
        defer { changedKinds = [] }
        return changedKinds
    }

    private mutating func append(_ kind: GroupKind, _ event: WatchEvent) {
        revisions[kind] = revision
        if !changedKinds.contains(kind) { changedKinds.append(kind) }
        log.append(Change(revision: revision, kind: kind, event: event))
        guard log.count > Self.logLimit else { return }
        log.removeFirst(Self.logLimit / 2)
        compacted = (log.first?.revision ?? revision + 1) - 1
    }

    // MARK: Writing

    /// Carries out a write with the checks that a real server makes, and answers with the object as it is stored.
    mutating func perform(_ intent: Intent, now: Timestamp) throws(StatusError) -> Unstructured? {
        switch intent {
        case .create(let object): return try create(object, now: now)
        case .update(let object): return try update(object, now: now)
        case .updateStatus(let object): return try updateStatus(object)
        case .delete(let key, let uid, let version): try delete(key, uid: uid, version: version, now: now)
        case .evict(let key, let uid): try evict(key, uid: uid, now: now)
        case .applyManifest(let manifest, _): return apply(manifest, now: now)
        case .event: break
        }
        return nil
    }

    private mutating func create(_ object: Unstructured, now: Timestamp) throws(StatusError) -> Unstructured? {
        guard snapshot[object.key] == nil else { throw StatusError(.alreadyExists, "\(object.key) is there") }
        var new = object
        // Status is a subresource: a create never writes it.
        new.json["status"] = nil
        put(new, now: now)
        return snapshot[object.key]
    }

    private func present(_ object: Unstructured) throws(StatusError) -> Unstructured {
        guard let present = snapshot[object.key] else { throw StatusError(.notFound, "\(object.key) is not there") }
        let isSame = object.uid.isEmpty || present.uid == object.uid
        guard isSame, object.resourceVersion.isEmpty || present.resourceVersion == object.resourceVersion else {
            throw StatusError(.conflict, "\(object.key) has changed")
        }
        return present
    }

    private mutating func update(_ object: Unstructured, now: Timestamp) throws(StatusError) -> Unstructured? {
        let before = try present(object)
        var updated = object
        updated.json["status"] = before.json["status"]
        if updated == before { return before }
        if updated.spec != before.spec { updated.generation = before.generation + 1 }
        if updated.isDeleting, updated.finalizers.isEmpty {
            collect(updated, now: now)
            return nil
        }
        return store(updated)
    }

    private mutating func updateStatus(_ object: Unstructured) throws(StatusError) -> Unstructured? {
        let before = try present(object)
        var updated = before
        updated.json["status"] = object.json["status"]
        return updated == before ? before : store(updated)
    }

    private mutating func delete(
        _ key: ObjectKey, uid: String, version: String, now: Timestamp
    ) throws(StatusError) {
        guard let object = snapshot[key] else { throw StatusError(.notFound, "\(key) is not there") }
        guard object.uid == uid, version.isEmpty || object.resourceVersion == version else {
            throw StatusError(.conflict, "\(key) has changed")
        }
        end(object, now: now)
    }

    /// Ends an object: at once, or by a mark while finalizers stand. A pod that is on a node ends with its containers.
    private mutating func end(_ object: Unstructured, now: Timestamp) {
        let awaitsKubelet = object.groupKind == Pod.groupKind && Pod(object).nodeName != nil
        if object.finalizers.isEmpty, !awaitsKubelet { return collect(object, now: now) }
        guard !object.isDeleting else { return }
        var marked = object
        marked.json["metadata", "deletionTimestamp"] = .string(now.rfc3339)
        _ = store(marked)
    }

    /// Removes an object, and with it what nobody else owns (the garbage collector, without delay).
    private mutating func collect(_ object: Unstructured, now: Timestamp) {
        revision += 1
        var gone = object
        gone.resourceVersion = String(revision)
        snapshot.remove(object.key)
        for owner in object.ownerReferences { dependents[owner.uid]?.remove(object.key) }
        append(object.groupKind, .deleted(gone))
        for key in (dependents.removeValue(forKey: object.uid) ?? []).sorted() {
            if let dependent = snapshot[key] { end(dependent, now: now) }
        }
    }

    private mutating func evict(_ key: ObjectKey, uid: String, now: Timestamp) throws(StatusError) {
        guard let pod = snapshot[key], pod.uid == uid else { throw StatusError(.notFound, "\(key) is not there") }
        for budget in snapshot.list(PodDisruptionBudget.self) where budget.covers(Pod(pod)) {
            guard let allowed = budget.json["status", "disruptionsAllowed"]?.intValue, allowed > 0 else {
                throw StatusError(.tooManyRequests, "the PodDisruptionBudget \(budget.name) allows no disruption")
            }
            var spent = budget
            spent.json["status", "disruptionsAllowed"] = JSONValue(allowed - 1)
            put(spent, now: now)
        }
        end(pod, now: now)
    }

    /// Ends an object as its owner would.
    mutating func end(_ key: ObjectKey, now: Timestamp) {
        if let object = snapshot[key] { end(object, now: now) }
    }

    /// Removes what was marked, once whoever it waited for is through with it.
    mutating func finish(_ key: ObjectKey, now: Timestamp) {
        if let object = snapshot[key] { collect(object, now: now) }
    }

    private mutating func apply(_ manifest: Unstructured, now: Timestamp) -> Unstructured? {
        guard let present = snapshot[manifest.key] else {
            put(manifest, now: now)
            return snapshot[manifest.key]
        }
        let merged = Unstructured(json: present.json.merging(manifest.json))
        if merged == present { return present }
        put(merged, now: now)
        return snapshot[manifest.key]
    }
}

extension JSONValue {
    fileprivate func merging(_ other: JSONValue) -> JSONValue {
        guard let fields = other.objectValue, objectValue != nil else { return other }
        var merged = self
        for field in fields { merged[field.key] = merged[field.key]?.merging(field.value) ?? field.value }
        return merged
    }
}
