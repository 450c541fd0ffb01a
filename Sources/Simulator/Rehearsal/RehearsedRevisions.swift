import CorbelAPI
import Revisions

/// The two revisions of a rehearsal: a cluster comes up with the first, and is asked for the second.
struct RehearsedRevisions: RevisionResolver {
    /// The variable of the cluster in miniature that asks for the second.
    static let question = "rehearsed"

    let from: ClusterRevision
    let to: ClusterRevision

    func resolve(_ input: ResolutionInput) -> Resolution {
        let revision = input.cluster.variables[Self.question] == nil ? from : to
        var content = revision.content
        content["clusterName"] = .string(input.cluster.name)
        return .resolved(ResolvedRevision(spec: content))
    }
}
