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
    /// What the cluster's hosts take for their steps.
    public var durations: StepDurations
    /// Revisions other than `from` and `to` that single hosts run since a rollout stopped halfway, the oldest first.
    public var origins: [ClusterRevision]
    /// How long the image of the operating system is, where somebody knows.
    public var imageBytes: Int64?

    /// - Parameter revisions: Among them those that the plan says hosts run.
    public init(
        cluster: EdgeCluster, from: ClusterRevision, to: ClusterRevision, plan: UpdatePlan,
        revisions: [ClusterRevision] = [], durations: StepDurations = .defaults, imageBytes: Int64? = nil
    ) {
        self.cluster = cluster
        self.from = from
        self.to = to
        self.plan = plan
        self.durations = durations
        self.imageBytes = imageBytes
        let origins = Set(plan.hosts.compactMap(\.from)).subtracting([from.name, to.name])
        self.origins = revisions.filter { origins.contains($0.name) }.sorted { $0.precedes($1) }
    }

    /// The change that an update is.
    ///
    /// - Parameters:
    ///   - from: What the cluster runs as a whole.
    ///   - to: What the update leads to.
    ///   - revisions: The cluster's.
    ///   - history: The cluster's updates.
    public init(
        of update: ClusterUpdate, cluster: EdgeCluster, from: ClusterRevision, to: ClusterRevision,
        revisions: [ClusterRevision], history: [ClusterUpdate], imageBytes: Int64? = nil
    ) {
        self.init(
            cluster: cluster, from: from, to: to, plan: UpdatePlan(json: update.plan, from: from, to: to),
            revisions: revisions, durations: StepDurations(observedIn: history), imageBytes: imageBytes)
    }

    /// `{cluster, from, to, plan, origins, durations, imageBytes?}`, for another process.
    public var json: JSONValue {
        var json: JSONValue = [
            "cluster": cluster.json, "from": from.json, "to": to.json, "plan": plan.json,
            "origins": .array(origins.map(\.json)), "durations": durations.json,
        ]
        json["imageBytes"] = imageBytes.map { .integer($0) }
        return json
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
            plan: UpdatePlan(json: try part("plan"), from: from, to: to),
            revisions: (json["origins"]?.arrayValue ?? []).map(ClusterRevision.init(json:)),
            durations: StepDurations(json: json["durations"] ?? []),
            imageBytes: json["imageBytes"]?.intValue.map(Int64.init))
    }
}
