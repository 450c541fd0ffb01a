import CorbelAPI
import Revisions

/// The way back from an update: the intent that leads to the revision before it.
struct Reversion: Sendable {
    /// The cluster as it would be.
    let ground: ClusterGround
    /// The merge patch of the EdgeCluster.
    let patch: JSONValue
    private let target: ClusterRevision

    /// - Throws: ``CommandFailure`` for an update that has not begun or has not ended.
    init(of update: ClusterUpdate, _ ground: ClusterGround) throws {
        guard update.json["status", "startedAt"] != nil else {
            throw CommandFailure(
                "no update of \(update.clusterName) has touched a host: there is nothing to go back from",
                hint: "an update that nobody approves does nothing; apply the intent that you want in its place")
        }
        guard update.phase != .progressing, update.phase != .paused else {
            throw CommandFailure(
                "the update \(update.name) is under way",
                hint: "stop it first: corbel rollout abort \(update.clusterName)")
        }
        guard let target = ground.revisions.first(where: { $0.name == update.fromRevision }) else {
            throw CommandFailure("the revision \(update.fromRevision) that the update started from is gone")
        }
        self.target = target
        patch = Self.patch(of: ground.cluster, to: target)
        var changed = ground
        changed.cluster.json["spec", "profiles"] = patch["spec", "profiles"]
        changed.cluster.json["spec", "variables"] = Self.variables(of: target)
        self.ground = changed
    }

    /// What going back will do.
    ///
    /// - Throws: ``CommandFailure`` where the profiles are not what they were: the intent names them, it does not
    ///   hold them.
    func plan() throws -> ClusterPlan {
        let plan = try ground.plan()
        guard plan.revision.digest == target.digest else {
            let diff = RevisionDiff(from: target, to: plan.revision)
            let layers = diff.layers.filter { $0.kind != .unchanged }.map(\.layer).joined(separator: ", ")
            throw CommandFailure(
                "the profiles of \(target.name) are not what they were; layers that differ: \(layers)",
                hint: "apply the profiles as they were before the update, under their versions, then repeat the command"
            )
        }
        return plan
    }

    private static func variables(of revision: ClusterRevision) -> JSONValue {
        .object(
            JSONObject(revision.variables.compactMap { variable in variable.value.map { (variable.name, $0) } }) { $1 })
    }

    /// A merge patch removes what it sets to null.
    private static func patch(of cluster: EdgeCluster, to target: ClusterRevision) -> JSONValue {
        var variables = Self.variables(of: target)
        for name in cluster.variables.keys.sorted() where variables[name] == nil { variables[name] = .null }
        let profiles = target.profiles.map { profile -> JSONValue in
            ["name": .string(profile.name), "version": .string(profile.version)]
        }
        return ["spec": ["profiles": .array(profiles), "variables": variables]]
    }
}

extension String {
    /// The text without line breaks at its end.
    var trimmingLineEnd: String { String(reversed().drop(while: \.isNewline).reversed()) }
}
