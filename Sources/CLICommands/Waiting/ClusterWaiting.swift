import CorbelAPI
import KubeClient

/// A cluster that was waited for, and what it came to.
struct ClusterResult: Sendable, Hashable {
    var namespace: String
    var name: String
    var outcome: ClusterOutcome

    /// `{namespace, name, outcome, message?, update?}`.
    var json: JSONValue {
        var json: JSONValue = [
            "namespace": .string(namespace), "name": .string(name), "outcome": .string(outcome.word),
        ]
        switch outcome {
        case .failed(let message): json["message"] = .string(message)
        case .pendingApproval(let update): json["update"] = .string(update)
        case .healthy, .deleted: break
        }
        return json
    }

    var hasFailed: Bool {
        switch outcome {
        case .failed, .deleted: true
        case .healthy, .pendingApproval: false
        }
    }

    var line: String {
        switch outcome {
        case .healthy: "edgecluster.corbel.dev/\(name) is healthy\n"
        case .deleted: "edgecluster.corbel.dev/\(name) was deleted\n"
        case .failed(let message): "edgecluster.corbel.dev/\(name) failed: \(message)\n"
        case .pendingApproval(let update):
            "edgecluster.corbel.dev/\(name) waits for approval of \(update)\n"
                + "    corbel approve \(update)\n"
        }
    }
}

extension CommandContext {
    /// Follows a cluster until it is healthy, has failed or waits for a person.
    func waitForCluster(
        namespace: String, name: String, _ client: KubeClient, timeout: Duration
    ) async throws -> ClusterResult {
        let progress = progress
        let following = Following(client: client, time: time, progress: progress, timeout: timeout)
        let outcome = try await following.until(EdgeCluster.key(namespace: namespace, name: name)) { object in
            guard let object else { return ClusterOutcome.deleted }
            let judgement = ClusterJudgement(EdgeCluster(json: object.json))
            progress.event(judgement.summary)
            return judgement.outcome
        }
        return ClusterResult(namespace: namespace, name: name, outcome: outcome)
    }
}
