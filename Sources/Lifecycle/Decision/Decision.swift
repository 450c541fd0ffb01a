import ControlLoop
import CorbelAPI

/// Collects what one reconcile decides.
///
/// It keeps three promises that every reconciler makes: a write that would change nothing is not asked for, an object
/// is written at most once (its resourceVersion holds for one write), and a deletion is asked for once.
struct Decision {
    private(set) var intents: [Intent] = []
    private(set) var waits: [Wait] = []
    private var requeueAfter: Duration?
    private var written: Set<ObjectKey> = []

    var outcome: Outcome { Outcome(intents, waits: waits, requeueAfter: requeueAfter) }
    var isEmpty: Bool { intents.isEmpty }

    mutating func create(_ object: some Resource) { add(.create(Unstructured(object)), to: object.key) }

    /// Writes everything but the status, if anything but the status differs.
    mutating func update(_ new: some Resource, from old: some Resource) {
        if new.json == old.json { return }
        var wanted = new.json
        wanted["status"] = old.json["status"]
        guard wanted != old.json else { return }
        add(.update(Unstructured(json: wanted)), to: new.key)
    }

    /// Writes the status, if it differs.
    mutating func updateStatus(_ new: some Resource, from old: some Resource) {
        guard new.json["status"] != old.json["status"] else { return }
        var wanted = old.json
        wanted["status"] = new.json["status"]
        add(.updateStatus(Unstructured(json: wanted)), to: new.key)
    }

    mutating func delete(_ object: some Resource) {
        guard !object.isDeleting else { return }
        add(.delete(object.key, uid: object.uid, resourceVersion: object.resourceVersion), to: object.key)
    }

    /// Drops a finalizer of ours; without any left, a deleted object is gone.
    mutating func removeFinalizer(_ finalizer: String, from object: some Resource) {
        var changed = Unstructured(object)
        changed.finalizers.removeAll { $0 == finalizer }
        update(changed, from: object)
    }

    mutating func evict(_ pod: Pod) { add(.evict(pod.key, uid: pod.uid), to: pod.key) }

    mutating func apply(_ manifest: Unstructured, fieldManager: String) {
        add(.applyManifest(manifest, fieldManager: fieldManager), to: manifest.key)
    }

    /// Tells people about a write of this decision; a decision that writes nothing has nothing to tell.
    mutating func announce(_ event: EventIntent) {
        if !intents.isEmpty { intents.append(.event(event)) }
    }

    mutating func wait(_ wait: Wait) { waits.append(wait) }
    mutating func wait(_ more: [Wait]) { waits += more }

    /// Looks again after a while although nothing may have changed; the shortest time counts.
    mutating func lookAgain(after delay: Duration) { requeueAfter = min(requeueAfter ?? delay, delay) }

    func hasWritten(_ object: some Resource) -> Bool { written.contains(object.key) }

    private mutating func add(_ intent: Intent, to key: ObjectKey) {
        // A second write would carry a resourceVersion that the first has made old; the next reconcile asks for it.
        guard written.insert(key).inserted else { return }
        intents.append(intent)
    }
}
