import CorbelAPI
import Revisions

/// The revisions of a rehearsal: a cluster comes up with the first, and is asked for the others one by one.
struct RehearsedRevisions: RevisionResolver {
    /// The variable of the cluster in miniature that asks for one of them, by its number; the first without it.
    static let question = "rehearsed"

    let revisions: [ClusterRevision]

    func resolve(_ input: ResolutionInput) -> Resolution {
        let asked = input.cluster.variables[Self.question]?.stringValue.flatMap { Int($0) } ?? 0
        var content = revisions[min(asked, revisions.count - 1)].content
        content["clusterName"] = .string(input.cluster.name)
        return .resolved(ResolvedRevision(spec: content))
    }
}
