import CorbelAPI
import Revisions

/// Which updates want a forecast, and what is to be rehearsed for it.
enum ForecastDemand {
    /// A cluster of more hosts is not rehearsed unasked: the work grows with the square of their number.
    static let hostLimit = 64

    /// The update that has waited longest, of those that want a forecast.
    ///
    /// - Parameter given: The uids of updates that are let be.
    static func next(of updates: [ClusterUpdate], except given: Set<String>) -> ClusterUpdate? {
        updates.filter { $0.wantsForecast && !given.contains($0.uid) }.min {
            ($0.creationTimestamp?.rfc3339 ?? "", $0.key) < ($1.creationTimestamp?.rfc3339 ?? "", $1.key)
        }
    }

    /// What to rehearse, or why that cannot be done.
    ///
    /// - Parameters:
    ///   - revisions: Among them those that hosts of the cluster run, and the one that the update leads to.
    ///   - history: The cluster's updates.
    ///   - imageBytes: How long the image of the target's operating system is, where that is known.
    static func change(
        of update: ClusterUpdate, cluster: EdgeCluster?, revisions: [ClusterRevision], history: [ClusterUpdate],
        imageBytes: Int64?
    ) -> Result<ProposedChange, RehearsalObstacle> {
        guard let cluster else {
            return .failure(RehearsalObstacle("ClusterMissing", "there is no cluster \(update.clusterName)"))
        }
        let names = [cluster.currentRevision ?? update.fromRevision, update.toRevision]
        let found = names.compactMap { name in revisions.first { $0.name == name } }
        guard let from = found.first, let to = found.last, found.count == names.count else {
            let missing = names.filter { name in !revisions.contains { $0.name == name } }
            return .failure(
                RehearsalObstacle("RevisionMissing", "there is no revision \(missing.joined(separator: " and no "))"))
        }
        let count = update.plannedHosts.count
        guard count <= hostLimit else {
            let advice = "`corbel plan \(cluster.name) --rehearse` takes the time that it takes"
            return .failure(
                RehearsalObstacle("TooManyHosts", "\(count) hosts are more than \(hostLimit): \(advice)"))
        }
        return .success(
            ProposedChange(
                of: update, cluster: cluster, from: from, to: to, revisions: revisions, history: history,
                imageBytes: imageBytes))
    }

    /// The JSON patch (RFC 6902) that gives an update its forecast, and touches nothing else of it. It fits this very
    /// update alone: another of the same name stays as it is.
    static func patch(_ outcome: RehearsalOutcome, for update: ClusterUpdate) -> JSONValue {
        let forecast: JSONValue =
            switch outcome {
            case .forecast(let forecast): forecast
            case .refused(let obstacle): ["toRevision": .string(update.toRevision), "refused": obstacle.json]
            }
        return [
            ["op": "test", "path": "/metadata/uid", "value": .string(update.uid)],
            ["op": "add", "path": "/spec/forecast", "value": forecast],
        ]
    }
}

extension RehearsalObstacle: Error {}

extension ClusterUpdate {
    /// Whether it awaits approval and says nothing of how it would go.
    var wantsForecast: Bool {
        awaitsApproval && isOfUse && forecast?["toRevision"]?.stringValue != toRevision
    }

    /// Whether a forecast may still be of use: one that was approved meanwhile is laid beside what happened.
    var isOfUse: Bool { !isDeleting && !isAborted && phase != .superseded && phase != .aborted }
}
