public import CorbelAPI

/// What an update will do: per layer and per host, before it does anything.
public struct UpdatePlan: Sendable, Hashable {
    /// A host and the most that the update does to it.
    public struct HostImpact: Sendable, Hashable {
        public var host: RolloutHost
        /// The revision that the host runs as far as the plan knows; absent for a cluster that is yet to be made.
        public var from: String?
        public var impact: Impact
    }

    public var clusterName: String
    /// The name of the running revision; absent for a cluster that is yet to be made.
    public var fromRevision: String?
    public var toRevision: String
    public var diff: RevisionDiff
    /// All hosts, in the order of the rollout.
    public var hosts: [HostImpact]
    public var warnings: [ProfileWarning]
    /// What cannot be undone, and what a revert would lose; a sentence each.
    public var irreversible: [String]
    /// The downtime that the approval has to name, where the cluster tolerates no loss.
    public var downtime: String?

    /// - Parameters:
    ///   - old: What the cluster runs; `nil` for a cluster that is yet to be made.
    ///   - pools: The names of the cluster's pools in order.
    public init(
        from old: ClusterRevision?, to new: ClusterRevision, hosts: [RolloutHost], pools: [String],
        warnings: [ProfileWarning] = []
    ) {
        self.init(from: UpdateOrigins(old), to: new, hosts: hosts, pools: pools, warnings: warnings)
    }

    /// - Parameters:
    ///   - origins: What each host runs.
    ///   - pools: The names of the cluster's pools in order.
    public init(
        from origins: UpdateOrigins, to new: ClusterRevision, hosts: [RolloutHost], pools: [String],
        warnings: [ProfileWarning] = []
    ) {
        clusterName = new.clusterName
        fromRevision = origins.start?.name
        toRevision = new.name
        var diffs: [String: RevisionDiff] = [:]
        var whole = RevisionDiff(from: origins.start, to: new)
        diffs[origins.start?.name ?? ""] = whole
        self.hosts = rolloutOrder(hosts, pools: pools).map { host in
            let origin = origins.revision(of: host.name)
            let diff = diffs[origin?.name ?? ""] ?? RevisionDiff(from: origin, to: new)
            if diffs.updateValue(diff, forKey: origin?.name ?? "") == nil { whole.add(diff) }
            return HostImpact(host: host, from: origin?.name, impact: diff.hostImpact)
        }
        diff = whole
        self.warnings = warnings
        irreversible = IrreversibleSteps.sentences(of: diff)
        downtime = origins.start == nil ? nil : Self.downtime(hosts: hosts, impact: diff.hostImpact)
    }

    /// The highest impact of all changes.
    public var impact: Impact { diff.changes.map(\.impact).max() ?? .noOp }

    /// Whether there is anything to do or to take note of.
    public var hasChanges: Bool { !diff.isEmpty }

    /// The names of the hosts that a change touches, in the order of the rollout; none where it is the cluster's as a
    /// whole.
    public func hosts(touchedBy change: RevisionChange) -> [String] {
        change.impact.touchesHosts ? hosts.filter { $0.impact.touchesHosts }.map(\.host.name) : []
    }

    private static func downtime(hosts: [RolloutHost], impact: Impact) -> String? {
        let controlPlane = hosts.filter { $0.role == .controlPlane }
        guard controlPlane.count == 1, let host = controlPlane.first, impact.interruptsHosts else { return nil }
        return
            "\(host.name) is the only control-plane host: the API server is down while it goes "
            + "through its \(impact.rawValue)"
            + (hosts.count == 1 ? ", and so are all workloads" : "")
    }
}

/// Steps after which the way back loses something (the design: the plan says so before the approval).
enum IrreversibleSteps {
    static func sentences(of diff: RevisionDiff) -> [String] {
        diff.layers.compactMap { layer in
            switch (layer.type, layer.kind) {
            case (.k8s, .changed): kubernetes(layer)
            case (.csi, .changed): storage(layer)
            case (_, .removed):
                "Layer \(layer.layer) is removed: its objects are pruned, and what they own goes "
                    + "with them; a revert applies "
                    + "them anew, without that data."
            default: nil
            }
        }
    }

    private static func kubernetes(_ layer: LayerDiff) -> String? {
        guard let change = layer.changes.first(where: { $0.path == "version" }),
            let from = change.from?.stringValue.flatMap({ SemanticVersion($0) }),
            let to = change.to?.stringValue.flatMap({ SemanticVersion($0) }),
            (from.major, from.minor) != (to.major, to.minor)
        else { return nil }
        return
            "Kubernetes \(from) to \(to) is another minor version, which may store objects in newer "
            + "formats: an etcd snapshot "
            + "is taken before, and a revert restores it and loses what was written to the API since."
    }

    private static func storage(_ layer: LayerDiff) -> String? {
        guard let change = layer.changes.first(where: { $0.path == "version" }) else { return nil }
        return
            "Storage \(layer.from ?? "") to \(change.to?.stringValue ?? "") may move its data to a "
            + "newer format, which a revert "
            + "does not move back."
    }
}
