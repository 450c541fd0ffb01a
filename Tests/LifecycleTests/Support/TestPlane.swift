import ControlLoop
import CorbelAPI

/// An API server in a value: carries out intents on a snapshot with the checks that a real one makes.
struct TestPlane {
    enum Refusal: Error, Equatable {
        case conflict(String)
        case exists(String)
        case missing(String)
        case blocked(String)
    }

    let name: String
    private(set) var snapshot = Snapshot()
    private(set) var version = 0
    /// When each kind last changed.
    private var kindVersions: [GroupKind: Int] = [:]
    private var nextUID = 0
    /// Every change of an object that a decision made, in order: what golden comparisons read.
    private(set) var log: [String] = []
    private(set) var events: [EventIntent] = []

    init(_ name: String) { self.name = name }

    mutating func clearLog() { log = [] }

    mutating func perform(_ intent: Intent, now: Timestamp) throws {
        switch intent {
        case .create(let object): try create(object, now: now)
        case .update(let object): try update(object, now: now)
        case .updateStatus(let object): try updateStatus(object)
        case .delete(let key, let uid, let version): try delete(key, uid: uid, version: version, now: now)
        case .evict(let key, let uid): try evict(key, uid: uid)
        case .applyManifest(let object, _): apply(object, now: now)
        case .event(let event): events.append(event)
        }
    }

    /// Stores an object as its owner (a user, an agent, a kubelet) would, without any check.
    mutating func put(_ object: some Resource, now: Timestamp = Timestamp(seconds: 0)) {
        var stored = Unstructured(object)
        if let present = snapshot[stored.key] {
            stored.uid = present.uid
            let changed = stored.spec != present.spec
            stored.generation = present.generation + (changed ? 1 : 0)
        } else {
            nextUID += 1
            stored.uid = stored.uid.isEmpty ? "\(name)-\(nextUID)" : stored.uid
            stored.generation = 1
            stored.json["metadata", "creationTimestamp"] = .string(now.rfc3339)
        }
        store(stored)
    }

    mutating func remove(_ key: ObjectKey) {
        snapshot.remove(key)
        version += 1
        kindVersions[key.kind] = version
    }

    /// Notes what a reconciler waits for; false where nothing changes.
    mutating func note(_ waits: [Wait], of reconciler: String, at key: ObjectKey) -> Bool {
        snapshot.note(waits, of: reconciler, at: key)
    }

    func hasChanged(_ kinds: [GroupKind], since version: Int) -> Bool {
        kinds.contains { kindVersions[$0] ?? 0 > version }
    }

    func get<Kind: TypedResource>(_ kind: Kind.Type, _ name: String) -> Kind? {
        snapshot.get(kind, namespace: kind.definition.isNamespaced ? "site" : "", name: name)
    }

    /// Changes an object's status as its owner would.
    mutating func change<Kind: TypedResource>(_ kind: Kind.Type, _ name: String, _ body: (inout Kind) -> Void) {
        guard var object = get(kind, name) else { return }
        let before = object
        body(&object)
        if object != before { put(object) }
    }

    private mutating func store(_ object: Unstructured) {
        var stored = object
        version += 1
        kindVersions[stored.groupKind] = version
        stored.resourceVersion = String(version)
        snapshot.insert(stored)
    }

    private mutating func create(_ object: Unstructured, now: Timestamp) throws {
        guard snapshot[object.key] == nil else { throw Refusal.exists(object.key.description) }
        precondition(
            object.resourceVersion.isEmpty && object.uid.isEmpty, "a create of \(object.key) carries an identity")
        note("create", object)
        var created = object
        // Status is a subresource: a create never writes it.
        created.json["status"] = nil
        put(created, now: now)
    }

    private func present(_ object: Unstructured) throws -> Unstructured {
        guard let present = snapshot[object.key] else { throw Refusal.missing(object.key.description) }
        guard present.resourceVersion == object.resourceVersion, present.uid == object.uid else {
            throw Refusal.conflict(object.key.description)
        }
        return present
    }

    private mutating func update(_ object: Unstructured, now: Timestamp) throws {
        let before = try present(object)
        var updated = object
        updated.json["status"] = before.json["status"]
        precondition(updated != before, "an update of \(object.key) changes nothing")
        if updated.spec != before.spec { updated.generation = before.generation + 1 }
        note("update", object)
        if updated.isDeleting, updated.finalizers.isEmpty { return collect(updated) }
        store(updated)
    }

    private mutating func updateStatus(_ object: Unstructured) throws {
        var updated = try present(object)
        precondition(
            updated.json["status"] != object.json["status"], "a status update of \(object.key) changes nothing")
        updated.json["status"] = object.json["status"]
        store(updated)
    }

    private mutating func delete(_ key: ObjectKey, uid: String, version: String, now: Timestamp) throws {
        guard var object = snapshot[key] else { throw Refusal.missing(key.description) }
        guard object.uid == uid, object.resourceVersion == version else { throw Refusal.conflict(key.description) }
        note("delete", object)
        if object.finalizers.isEmpty { return collect(object) }
        object.json["metadata", "deletionTimestamp"] = .string(now.rfc3339)
        store(object)
    }

    /// Removes an object, and with it what nobody owns any more (the garbage collector, without delay).
    private mutating func collect(_ object: Unstructured) {
        remove(object.key)
        let owned = snapshot.allObjects.filter { $0.ownerReferences.contains { $0.uid == object.uid } }
        for dependent in owned where dependent.finalizers.isEmpty { collect(dependent) }
        for var dependent in owned where !dependent.finalizers.isEmpty && !dependent.isDeleting {
            dependent.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
            store(dependent)
        }
    }

    private mutating func evict(_ key: ObjectKey, uid: String) throws {
        guard let pod = snapshot[key], pod.uid == uid else { throw Refusal.missing(key.description) }
        for var budget in snapshot.list(PodDisruptionBudget.self, namespace: key.namespace) {
            let labels = budget.spec["selector", "matchLabels"]?.stringMap ?? [:]
            guard labels.allSatisfy({ pod.labels[$0.key] == $0.value }) else { continue }
            let allowed = budget.json["status", "disruptionsAllowed"]?.intValue ?? 0
            guard allowed > 0 else { throw Refusal.blocked(budget.name) }
            budget.json["status", "disruptionsAllowed"] = JSONValue(allowed - 1)
            put(budget)
        }
        note("evict", pod)
        remove(key)
    }

    private mutating func apply(_ manifest: Unstructured, now: Timestamp) {
        note("apply", manifest)
        guard let present = snapshot[manifest.key] else { return put(manifest, now: now) }
        put(Unstructured(json: present.json.merging(manifest.json)), now: now)
    }

    private mutating func note(_ verb: String, _ object: Unstructured) {
        log.append("\(verb) \(object.kind) \(object.name)")
    }
}

extension Snapshot {
    /// Every object of the kinds that the tests use.
    var allObjects: [Unstructured] {
        let kinds =
            PivotKinds.all + [
                EdgeCluster.groupKind, EdgeHost.groupKind, ClusterRevision.groupKind, ClusterUpdate.groupKind,
                Node.groupKind,
                Pod.groupKind, ConfigMap.groupKind, Deployment.groupKind, EtcdSnapshot.groupKind,
            ]
        return kinds.flatMap { list($0) }
    }
}

enum PivotKinds {
    static let all: [GroupKind] = [
        Cluster.groupKind, HostCluster.groupKind, EdgeControlPlane.groupKind, MachineDeployment.groupKind,
        MachineSet.groupKind, MachineHealthCheck.groupKind, Machine.groupKind, HostMachine.groupKind,
        HostConfig.groupKind,
        Secret.groupKind,
    ]
}

extension JSONValue {
    fileprivate func merging(_ other: JSONValue) -> JSONValue {
        guard let fields = other.objectValue, objectValue != nil else { return other }
        var merged = self
        for field in fields { merged[field.key] = merged[field.key]?.merging(field.value) ?? field.value }
        return merged
    }
}
