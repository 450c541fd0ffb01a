import ControlLoop
import CorbelAPI
import Lifecycle

/// Law 7: what a person was told is written stays as it was written until a person writes it anew; where the link has
/// nothing more to carry, the site holds it too; and what was approved comes to an end that is told.
struct AcknowledgementLaw: Law {
    let name = "nothing acknowledged is lost"

    /// What a person has written of an object: the fields that are a person's.
    private struct Written {
        var plane: PlaneID
        var fields: JSONValue
        /// Of an EdgeCluster or an update.
        var cluster: String?
    }

    /// In the order in which they were written first.
    private var keys: [ObjectKey] = []
    private var written: [ObjectKey: Written] = [:]
    /// The centre's objects whose copies at their sites have not been looked at since they were written.
    private var unseen: Set<ObjectKey> = []

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .acknowledged(let object, let plane):
            if object.isDeleting { forget(object.name, world) } else if !isEnding(object, world) { note(object, plane) }
            return []
        case .wrote(let stored, let intent, let plane, let author): return judge(stored, intent, plane, author)
        case .passes(let site): return unseen.isEmpty ? [] : compare(site, world)
        default: return []
        }
    }

    private mutating func note(_ object: Unstructured, _ plane: PlaneID) {
        if object.groupKind == Node.groupKind, !Node(object).isUnschedulable {
            // Whoever opens a node again asks for nothing that others may not change.
            written[object.key] = nil
            return
        }
        if written[object.key] == nil, !keys.contains(object.key) { keys.append(object.key) }
        written[object.key] = Written(
            plane: plane, fields: Self.fields(of: object), cluster: Self.cluster(of: object))
        if plane == .centre { unseen.insert(object.key) }
    }

    private static func cluster(of object: Unstructured) -> String? {
        object.groupKind == EdgeCluster.groupKind ? object.name : object.spec["clusterName"]?.stringValue
    }

    private func isEnding(_ object: Unstructured, _ world: SimulatedWorld) -> Bool {
        let cluster = Self.cluster(of: object)
        return world.sites.firstIndex { $0.cluster == cluster }.map { world.isEnding($0) } ?? false
    }

    /// Whoever ends a cluster ends what was written of it and at its site.
    private mutating func forget(_ cluster: String, _ world: SimulatedWorld) {
        let site = world.sites.firstIndex { $0.cluster == cluster }.map(PlaneID.site)
        let over = keys.filter { written[$0]?.cluster == cluster || written[$0]?.plane == site }
        for key in over { written[key] = nil }
        unseen.subtract(over)
        keys.removeAll { over.contains($0) }
    }

    /// The fields that are a person's: of a workload or a budget of people's own, all of them.
    private static func fields(of object: Unstructured) -> JSONValue {
        let spec = object.json["spec"]
        switch object.groupKind {
        case EdgeCluster.groupKind:
            return ["variables": spec?["variables"] ?? [:], "pools": spec?["pools"] ?? []]
        case ClusterUpdate.groupKind:
            var fields: JSONValue = [:]
            for name in ["approval", "paused", "aborted"] { fields[name] = spec?[name] }
            fields["retry"] = object.annotation(Annotation.retry).map { .string($0) }
            return fields
        case Node.groupKind: return ["unschedulable": .bool(Node(object).isUnschedulable)]
        default: return spec ?? [:]
        }
    }

    private mutating func judge(
        _ stored: Unstructured?, _ intent: Intent, _ plane: PlaneID, _ author: String
    ) -> [String] {
        guard !written.isEmpty, let key = stored?.key ?? intent.target, let held = written[key], held.plane == plane
        else { return [] }
        guard let stored else {
            // A cordon goes with its node, when its host is taken out.
            if key.kind == Node.groupKind { written[key] = nil }
            return key.kind == Node.groupKind ? [] : ["\(author) ends \(key), which a person has written"]
        }
        if case .updateStatus = intent { return [] }
        let fields = Self.fields(of: stored)
        guard fields != held.fields else { return [] }
        return ["\(author) writes \(fields.encodedText) over \(held.fields.encodedText) in \(key)"]
    }

    /// What the link claims to have carried has to be there.
    private mutating func compare(_ site: Int, _ world: SimulatedWorld) -> [String] {
        let here = world.sites[site]
        guard world.centresCluster(site).isAtSite,
            here.linkIsIdleAt == SimulatedSite.LinkPosition(centre: world.centre, site: here.plane)
        else { return [] }
        return keys.flatMap { key -> [String] in
            guard unseen.contains(key), let held = written[key], belongs(key, to: here.cluster, world) else {
                return []
            }
            unseen.remove(key)
            guard let copy = here.plane.snapshot[key] else {
                let isOver = world.centre.snapshot[key].map { ClusterUpdate($0).phase == .superseded } ?? false
                return isOver ? [] : ["\(key) is not at \(here.cluster), and the link has nothing to carry"]
            }
            let fields = Self.fields(of: copy)
            guard fields != held.fields else { return [] }
            return ["\(key) holds \(fields.encodedText) at \(here.cluster) instead of \(held.fields.encodedText)"]
        }
    }

    private func belongs(_ key: ObjectKey, to cluster: String, _ world: SimulatedWorld) -> Bool {
        if key.kind == EdgeCluster.groupKind { return key.name == cluster }
        return world.centre.snapshot[key].map { ClusterUpdate($0).clusterName == cluster } ?? false
    }

    /// What was approved has been carried out, or says why it was not.
    func atRest(in world: SimulatedWorld) -> [String] {
        keys.compactMap { key in
            guard key.kind == ClusterUpdate.groupKind, let fields = written[key]?.fields,
                fields["approval", "approved"]?.boolValue == true
            else { return nil }
            guard let object = world.centre.snapshot[key] else { return "\(key) was approved, and is gone" }
            let update = ClusterUpdate(object)
            switch update.phase {
            case .completed: return nil
            case .aborted where fields["aborted"]?.boolValue == true: return nil
            case .superseded where !(update.condition("Approved")?.message ?? "").isEmpty: return nil
            default: return "\(update.name) was approved, and is \(update.phase.rawValue) without a reason"
            }
        }
    }
}

/// Law 7, through the pivot: at the commit the site holds what the centre has acknowledged of the objects that move.
struct PivotLossLaw: Law {
    let name = "nothing is lost in the pivot"
    /// The clusters that have been committed.
    private var moved: Set<String> = []

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .wrote(let stored?, .updateStatus, .centre, _) = observation,
            stored.groupKind == EdgeCluster.groupKind, EdgeCluster(stored).isAtSite,
            moved.insert(stored.name).inserted,
            let site = world.sites.firstIndex(where: { $0.cluster == stored.name })
        else { return [] }
        let held = world.sites[site].plane.snapshot
        let objects = PivotBundle.movedKinds.flatMap { world.centre.snapshot.list($0) }.filter {
            $0.label(WellKnown.clusterName) == stored.name
                || $0.groupKind == Cluster.groupKind && $0.name == stored.name
        }
        return objects.compactMap { object in
            guard let copy = held[object.key] else { return "\(object.key) is not at \(stored.name)" }
            let lost = ["spec", "status", "data"].first { copy.json[$0] != object.json[$0] }
            return lost.map { "\($0) of \(object.key) is another at \(stored.name) than at the centre" }
        }
    }
}
