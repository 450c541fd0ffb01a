import CorbelAPI
import Revisions

/// What a living cluster cannot become: checks of a new revision's stack against the running one's.
enum ContinuityChecks {
    static func problems(from running: ClusterRevision, to layers: [LayerSource]) -> [ProfileProblem] {
        replacedPack(.cni, .networkPackChanged, from: running, to: layers)
            + replacedPack(.csi, .storagePackChanged, from: running, to: layers)
            + kubernetesProblems(from: running, to: layers)
    }

    private static func replacedPack(
        _ type: LayerType, _ reason: ProfileProblem.Reason, from running: ClusterRevision, to layers: [LayerSource]
    ) -> [ProfileProblem] {
        guard let old = running.layer(type)?.pack else { return [] }
        let new = layers.first { $0.layer.type == type }
        guard new?.layer.pack?.name != old else { return [] }
        let message =
            "a living cluster keeps its \(type.title) pack, which is \(old): make another cluster for another one"
        guard let new else {
            return [ProfileProblem(reason, field: "spec.profiles", message)]
        }
        return [problem(reason, new, value: new.layer.pack?.name, message)]
    }

    private static func kubernetesProblems(from running: ClusterRevision, to layers: [LayerSource]) -> [ProfileProblem]
    {
        guard let new = layers.first(where: { $0.layer.type == .k8s }), let pack = new.layer.pack else { return [] }
        if let oldPack = running.layer(.k8s)?.pack, oldPack != pack.name {
            let message = "a living cluster keeps its Kubernetes distribution, which is \(oldPack)"
            return [problem(.distributionChanged, new, value: pack.name, message)]
        }
        guard let from = SemanticVersion(running.kubernetesVersion), let to = SemanticVersion(pack.version) else {
            return []
        }
        if to < from {
            let message = "Kubernetes cannot go back: the cluster runs \(from)"
            return [problem(.kubernetesDowngrade, new, value: pack.version, message)]
        }
        if to.major != from.major || to.minor > from.minor + 1 {
            let next = "\(from.major).\(from.minor + 1)"
            let message = "Kubernetes goes one minor version at a time: the cluster runs \(from), so \(next) comes next"
            return [problem(.kubernetesMinorSkipped, new, value: pack.version, message)]
        }
        return []
    }

    private static func problem(
        _ reason: ProfileProblem.Reason, _ source: LayerSource, value: String?, _ message: String
    ) -> ProfileProblem {
        ProfileProblem(
            reason, profile: source.profile.title, layer: source.layer.name, value: value.map { .string($0) },
            field: "spec.layers[\(source.index)].pack", message)
    }
}
