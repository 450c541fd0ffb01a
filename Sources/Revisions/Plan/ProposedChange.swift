public import CorbelAPI

/// A change of a cluster with all that trying it out takes.
public struct ProposedChange: Sendable, Hashable {
    /// The cluster as it is, or as it would be.
    public var cluster: EdgeCluster
    /// What it runs.
    public var from: ClusterRevision
    /// What it is to run.
    public var to: ClusterRevision
    public var plan: UpdatePlan

    public init(cluster: EdgeCluster, from: ClusterRevision, to: ClusterRevision, plan: UpdatePlan) {
        self.cluster = cluster
        self.from = from
        self.to = to
        self.plan = plan
    }

    /// The change that an update is.
    ///
    /// - Parameters:
    ///   - from: What the cluster runs as a whole. A rollout that stopped halfway is no part of it.
    ///   - to: What the update leads to.
    public init(of update: ClusterUpdate, cluster: EdgeCluster, from: ClusterRevision, to: ClusterRevision) {
        self.init(cluster: cluster, from: from, to: to, plan: UpdatePlan(json: update.plan, from: from, to: to))
    }

    /// `{cluster, from, to, plan}`, for another process.
    public var json: JSONValue {
        ["cluster": cluster.json, "from": from.json, "to": to.json, "plan": plan.json]
    }

    /// - Throws: `badRequest` naming the field that is missing.
    public init(json: JSONValue) throws {
        func part(_ name: String) throws -> JSONValue {
            guard let part = json[name], part.objectValue != nil else {
                throw StatusError(.badRequest, "\(name): an object is missing")
            }
            return part
        }
        let (from, to) = (ClusterRevision(json: try part("from")), ClusterRevision(json: try part("to")))
        self.init(
            cluster: EdgeCluster(json: try part("cluster")), from: from, to: to,
            plan: UpdatePlan(json: try part("plan"), from: from, to: to))
    }
}
