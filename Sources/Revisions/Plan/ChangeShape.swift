public import CorbelAPI

/// All of a change that its rehearsal depends on: stand-ins have the place of names, and what is the same before and
/// after is left out where it decides nothing. Clusters that are alike have one shape, and need one rehearsal.
public struct ChangeShape: Sendable {
    /// The change to rehearse.
    public let change: ProposedChange
    /// What a stand-in stands for.
    public let names: StandIns

    /// Equal for equal shapes: `sha256:` and 64 hexadecimal digits.
    public var digest: String { ContentDigest.sha256(change.json.encoded) }

    public init(of change: ProposedChange) {
        let names = StandIns(for: change)
        self.names = names
        let history = [change.from] + change.origins + [change.to]
        let reduced = CommonContent.removed(from: history)
        let isFaithful = Self.decidesTheSame(reduced, as: history)
        let revisions = (isFaithful ? reduced : history).enumerated().map { number, revision in
            names.standIn(for: revision, number: number)
        }
        let (from, to) = (revisions[0], revisions[revisions.count - 1])
        self.change = ProposedChange(
            cluster: names.standIn(for: change.cluster), from: from, to: to,
            plan: UpdatePlan(json: names.standIn(for: change.plan), from: from, to: to), revisions: revisions,
            durations: change.durations, imageBytes: change.imageBytes)
    }

    /// Whether a rule would judge each step alike, so that nothing it looks at was left out.
    private static func decidesTheSame(_ reduced: [ClusterRevision], as history: [ClusterRevision]) -> Bool {
        guard let (to, reducedTo) = history.last.flatMap({ last in reduced.last.map { (last, $0) } }) else {
            return true
        }
        return zip(history.dropLast(), reduced.dropLast()).allSatisfy { whole, part in
            let (all, some) = (RevisionDiff(from: whole, to: to), RevisionDiff(from: part, to: reducedTo))
            return all.hostImpact == some.hostImpact && all.layers.map(\.impact) == some.layers.map(\.impact)
        }
    }
}

/// Names that stand for those of a cluster, its hosts and its revisions, which follow each other in the same order.
public struct StandIns: Sendable {
    private static let clusterStandIn = "stand-in-cluster"
    private static let namespace = "stand-in"

    private var clusterName: String
    /// Stand-ins by what they stand for.
    private var hosts: [String: String] = [:]
    private var revisions: [String: String] = [:]

    fileprivate init(for change: ProposedChange) {
        clusterName = change.cluster.name
        let named = change.cluster.pools.flatMap { $0.hosts + $0.spares } + change.plan.hosts.map(\.host.name)
        for (number, host) in Set(named).sorted().enumerated() { hosts[host] = "stand-in-host-\(Self.digits(number))" }
        for (number, revision) in ([change.from] + change.origins + [change.to]).enumerated() {
            revisions[revision.name] = "stand-in-revision-\(Self.digits(number))"
        }
    }

    /// As many for every number, so that no stand-in begins with another.
    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }

    // MARK: There

    private func standIn(forHosts json: JSONValue?) -> JSONValue? {
        json?.arrayValue.map { .array($0.map { .string(hosts[$0.stringValue ?? ""] ?? "") }) }
    }

    /// The pools, how updates roll through them and who leads etcd: nothing else of a cluster is rehearsed.
    fileprivate func standIn(for cluster: EdgeCluster) -> EdgeCluster {
        var copy = EdgeCluster(namespace: Self.namespace, name: Self.clusterStandIn)
        let pools = (cluster.json["spec", "pools"]?.arrayValue ?? []).map { pool in
            var pool = pool
            for field in ["hosts", "spares"] { pool[field] = standIn(forHosts: pool[field]) }
            return pool
        }
        copy.json["spec"] = ["pools": .array(pools)]
        copy.json["spec", "update"] = cluster.json["spec", "update"]
        copy.etcdLeader = cluster.etcdLeader.flatMap { hosts[$0] }
        return copy
    }

    fileprivate func standIn(for revision: ClusterRevision, number: Int) -> ClusterRevision {
        var content = revision.content
        content["clusterName"] = .string(Self.clusterStandIn)
        var copy = ClusterRevision(
            resolved: ResolvedRevision(spec: content), namespace: Self.namespace, epoch: 1, sequence: number + 1)
        copy.name = revisions[revision.name] ?? copy.name
        return copy
    }

    fileprivate func standIn(for plan: UpdatePlan) -> JSONValue {
        var json: JSONValue = [
            "cluster": .string(Self.clusterStandIn), "irreversible": JSONValue(plan.irreversible),
            "hosts": .array(
                plan.hosts.map { host in
                    var json = host.json
                    json["name"] = hosts[host.host.name].map { .string($0) }
                    json["from"] = host.from.flatMap { revisions[$0] }.map { .string($0) }
                    return json
                }),
        ]
        json["fromRevision"] = plan.fromRevision.flatMap { revisions[$0] }.map { .string($0) }
        json["downtime"] = plan.downtime.map { .string($0) }
        return json
    }

    // MARK: And back

    /// A text about stand-ins, about what they stand for.
    public func resolving(_ text: String) -> String {
        guard text.contains("stand-in-") else { return text }
        var resolved = text.replacing(Self.clusterStandIn, with: clusterName)
        for (name, standIn) in hosts { resolved = resolved.replacing(standIn, with: name) }
        for (name, standIn) in revisions { resolved = resolved.replacing(standIn, with: name) }
        return resolved
    }

    /// A document about stand-ins, about what they stand for.
    public func resolving(_ json: JSONValue) -> JSONValue {
        if let text = json.stringValue { return .string(resolving(text)) }
        if let elements = json.arrayValue { return .array(elements.map(resolving)) }
        if let members = json.objectValue {
            return .object(JSONObject(members.map { ($0.key, resolving($0.value)) }) { $1 })
        }
        return json
    }
}

/// What revisions of a cluster have in common and no workload depends on: values, and objects that run nothing.
enum CommonContent {
    /// Kinds of which a rehearsal makes something.
    private static let rehearsedKinds: Set<String> = ["Deployment", "PodDisruptionBudget"]

    static func removed(from revisions: [ClusterRevision]) -> [ClusterRevision] {
        let layers = revisions.map(\.layers)
        return zip(revisions, layers).map { revision, own in
            var reduced = revision
            reduced.json["spec", "layers"] = .array(
                own.map { layer in
                    let everywhere = layers.map { all in
                        all.first { ($0.profile, $0.name) == (layer.profile, layer.name) }
                    }
                    let others = everywhere.compactMap(\.self)
                    return others.count == revisions.count ? reduce(layer, among: others).json : layer.json
                })
            reduced.json["spec", "variables"] = .array(revision.variables.filter { $0.secret != nil }.map(\.json))
            return reduced
        }
    }

    private static func reduce(_ layer: RevisionLayer, among all: [RevisionLayer]) -> RevisionLayer {
        var reduced = layer
        reduced.valuesText = ""
        reduced.values = remainder(of: layer.values, among: all.map(\.values))
        reduced.manifests = layer.manifests.filter { object in
            rehearsedKinds.contains(object.kind) || !all.allSatisfy { $0.manifests.contains(object) }
        }
        return reduced
    }

    /// The members that are not the same in all of the trees.
    private static func remainder(of tree: JSONValue, among all: [JSONValue]) -> JSONValue {
        guard let members = tree.objectValue, all.allSatisfy({ $0.objectValue != nil }) else { return tree }
        var rest: JSONValue = .object([:])
        for (name, value) in members {
            let everywhere = all.compactMap { $0[name] }
            guard everywhere.count == all.count else {
                rest[name] = value
                continue
            }
            if everywhere.allSatisfy({ $0 == value }) { continue }
            rest[name] = remainder(of: value, among: everywhere)
        }
        return rest
    }
}
