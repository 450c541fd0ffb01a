import CorbelAPI
import Revisions
import Simulator

/// What will become of one cluster.
struct ClusterPlan: Sendable, Hashable {
    var namespace: String
    var plan: UpdatePlan
    /// The revision that the plan leads to.
    var revision: ClusterRevision
    var membership: [MembershipChange]
    /// How long the image of its operating system is, where the server knows.
    var imageBytes: Int64?
    /// What would hold it up.
    var preflight: Preflight?
    /// How it would go, where that was asked for.
    var forecast: Forecast?

    var hasChanges: Bool { plan.hasChanges || !membership.isEmpty }

    /// The plan as `ClusterUpdate.spec.plan` has it, and `namespace`, `digest` and `membership: [{pool, host,
    /// change}]`, the `findings` of a look at cluster and hosts, and the `forecast` of a rehearsal.
    var json: JSONValue {
        var json = plan.json
        json["namespace"] = .string(namespace)
        json["digest"] = .string(revision.digest)
        json["membership"] = .array(membership.map(\.json))
        json["findings"] = preflight?.json
        json["forecast"] = forecast?.json
        return json
    }

    var text: String {
        let members = membership.isEmpty ? "" : "\nMembers:\n" + membership.map { $0.line + "\n" }.joined()
        let findings = preflight.map(\.text) ?? ""
        return plan.text + members + (findings.isEmpty ? "" : "\n" + findings) + (forecast.map { "\n" + $0.text } ?? "")
    }
}

/// What an apply would do: to the objects, and to the clusters that are made of them.
struct PlanReport: Sendable, Hashable {
    var objects: [AppliedObject]
    var clusters: [ClusterPlan]

    var hasChanges: Bool { objects.contains { $0.action != .unchanged } || clusters.contains(where: \.hasChanges) }

    /// `{hasChanges, objects: [{apiVersion, kind, namespace?, name, action}], clusters: [plan]}`.
    var json: JSONValue {
        [
            "hasChanges": .bool(hasChanges), "objects": .array(objects.map(\.json)),
            "clusters": .array(clusters.map(\.json)),
        ]
    }

    var text: String {
        let changed = objects.filter { $0.action != .unchanged }
        let objectText = changed.isEmpty ? "" : "Objects:\n" + changed.map { "    \($0.line)\n" }.joined()
        let parts = [objectText] + clusters.map(\.text)
        let shown = parts.filter { !$0.isEmpty }.joined(separator: "\n")
        return shown.isEmpty ? "No changes.\n" : shown
    }
}
