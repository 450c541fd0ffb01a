public import ControlLoop
public import CorbelAPI

/// The site's side of the pivot, driven by the agent of the first control-plane host against its own API server.
///
///     centre's step      what the site holds                 next
///     Sealed, Imported   no namespace                        write: the namespace
///     Sealed, Imported   objects missing                     write: creates, owners first, all paused by their Cluster
///     Sealed, Imported   objects that differ                 write: specs, then statuses through /status
///     Sealed, Imported   exactly the bundle                  report its digest, and wait for the commit
///     Committed          a copy that belongs to the centre   write: plane and epoch into the EdgeCluster's status
///     Committed          a paused Cluster                    write: unpause
///     Committed          an unpaused Cluster                 report the release
///     Released, Deleted  -                                   finished
///     Aborted            paused copies                       write: finalizers, then deletions, owners last
///     Aborted            nothing                             finished
///
/// A value that decides from what is: after a crash the same inputs give the same step.
public struct PivotImport: Sendable {
    public enum Step: Sendable, Hashable {
        /// Perform these, read back what the site holds then, and ask again.
        case write([Intent])
        /// Tell the centre the digest of what the site holds; telling it twice is harmless.
        case report(digest: String)
        /// Tell the centre that the site's objects are no longer paused.
        case reportRelease
        case wait(Wait)
        case finished
    }

    private let bundle: PivotBundle
    private let cluster: EdgeCluster
    private let status: PivotStatus
    private let site: Snapshot

    /// - Parameters:
    ///   - cluster: The EdgeCluster as the centre holds it, with the pivot's status.
    ///   - site: What the site's API server holds of the bundle's kinds.
    public init?(bundle: PivotBundle, cluster: EdgeCluster, site: Snapshot) {
        guard let status = PivotStatus(of: cluster) else { return nil }
        self.bundle = bundle
        self.cluster = cluster
        self.status = status
        self.site = site
    }

    public var next: Step {
        switch status.step {
        case .sealed, .imported: importStep
        case .committed: releaseStep
        case .released, .deleted: .finished
        case .aborted: abortStep
        }
    }

    private var siteCluster: EdgeCluster? {
        site.get(EdgeCluster.self, namespace: cluster.namespace, name: cluster.name)
    }

    /// Whether the site has been through a commit of this epoch or a later one: nothing older may touch it.
    private var siteIsAhead: Bool {
        guard let siteCluster else { return false }
        return siteCluster.plane == .site && siteCluster.epoch >= status.epoch
    }

    private var importStep: Step {
        if siteIsAhead { return .finished }
        if let namespace = missingNamespace { return .write([.create(Unstructured(namespace))]) }
        let intents = creations ?? corrections
        if !intents.isEmpty { return .write(intents) }
        let digest = bundle.asHeld(by: site).digest
        guard digest == status.digest else {
            return .wait(
                Wait(
                    "PivotDigest", "the bundle is older than what the centre has sealed", on: cluster.key,
                    unblockedBy: "the bundle is fetched anew"))
        }
        guard status.importedDigest != digest else {
            return .wait(
                Wait(
                    "PivotCommit", "the centre has yet to commit", on: cluster.key,
                    unblockedBy: "the link to the centre is up"))
        }
        return .report(digest: digest)
    }

    private var missingNamespace: Namespace? {
        let present: Namespace? = site.get(Namespace.self, name: cluster.namespace)
        return present == nil ? Namespace(name: cluster.namespace) : nil
    }

    /// The objects of the least depth that are missing; nil when none is. What they own waits until their UIDs are
    /// known.
    private var creations: [Intent]? {
        let missing = (bundle.copied + bundle.moved).filter { site[$0.key] == nil }
        guard !missing.isEmpty else { return nil }
        let absent = Set(missing.map(\.key))
        return missing.filter { object in
            object.ownerReferences.allSatisfy { !absent.contains(key(of: $0, from: object)) }
        }.map { .create(stripped(withOwners($0))) }
    }

    /// Objects that are there and are not what they should be: everything but the status first, then the status.
    private var corrections: [Intent] {
        (bundle.copied + bundle.moved).compactMap { object in
            guard let held = site[object.key] else { return nil }
            let wanted = merged(withOwners(object), into: held)
            if !equalButStatus(wanted, held) { return .update(wanted) }
            let isCopy = bundle.copied.contains { $0.key == object.key }
            return isCopy || wanted.json["status"] == held.json["status"] ? nil : .updateStatus(wanted)
        }
    }

    private var releaseStep: Step {
        guard let held = siteCluster else { return .wait(lostWait) }
        if held.plane != .site || held.epoch != status.epoch {
            var released = held
            released.json["status"] = cluster.json["status"]
            // What the centre waits for is the centre's to tell: nobody here would ever take it back.
            released.json["status", "waits"] = nil
            return .write([.updateStatus(Unstructured(released))])
        }
        guard var head: Cluster = site.get(Cluster.self, namespace: cluster.namespace, name: cluster.name),
            head.isPaused
        else {
            return .reportRelease
        }
        head.isPaused = false
        return .write([.update(Unstructured(head))])
    }

    private var lostWait: Wait {
        Wait(
            "PivotLost", "the pivot was committed and the site holds no EdgeCluster \(cluster.name)", on: cluster.key,
            unblockedBy: "the site is restored from an etcd snapshot, or somebody runs `corbel reclaim`")
    }

    private var abortStep: Step {
        if siteIsAhead { return .finished }
        // What the site holds, and not only what the centre seals: that may have gone there since. Secrets that the
        // site made itself stay.
        let copies = PivotBundle(of: cluster, in: site)
        let sealed = Set((bundle.copied + bundle.moved).map(\.key))
        let held = (copies.copied + copies.moved).reversed().filter {
            sealed.contains($0.key) || $0.groupKind != Secret.groupKind
        }.compactMap { site[$0.key] }
        let intents = held.compactMap { object -> Intent? in
            if object.isDeleting && object.finalizers.isEmpty { return nil }
            if object.finalizers.isEmpty {
                return .delete(object.key, uid: object.uid, resourceVersion: object.resourceVersion)
            }
            var stripped = object
            stripped.finalizers = []
            return .update(stripped)
        }
        return intents.isEmpty ? .finished : .write(intents)
    }
}

// Carrying an object from one plane to another.
extension PivotImport {
    private func key(of reference: OwnerReference, from object: Unstructured) -> ObjectKey {
        ObjectKey(reference.groupKind, namespace: object.namespace, name: reference.name)
    }

    /// The object with the UIDs that its owners have at the site. An owner that did not come along is left behind.
    private func withOwners(_ object: Unstructured) -> Unstructured {
        var moved = object
        moved.ownerReferences = object.ownerReferences.compactMap { reference in
            guard let owner = site[key(of: reference, from: object)] else { return nil }
            var rewritten = reference
            rewritten.uid = owner.uid
            return rewritten
        }
        return moved
    }

    private func stripped(_ object: Unstructured) -> Unstructured {
        var stripped = object
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
            stripped.json["metadata", field] = nil
        }
        return stripped
    }

    /// The object's content under the identity that it has at the site.
    private func merged(_ object: Unstructured, into held: Unstructured) -> Unstructured {
        var merged = object
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
            merged.json["metadata", field] = held.json["metadata", field]
        }
        return merged
    }

    private func equalButStatus(_ left: Unstructured, _ right: Unstructured) -> Bool {
        var (one, other) = (left, right)
        one.json["status"] = nil
        other.json["status"] = nil
        return one == other
    }
}
