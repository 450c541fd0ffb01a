public import CorbelAPI

/// Makes a revision's content of a cluster and its profiles. The module that reads YAML implements it; reconcilers,
/// which host agents link too, know this protocol alone.
public protocol RevisionResolver: Sendable {
    func resolve(_ input: ResolutionInput) -> Resolution
}

/// All that a resolution looks at.
public struct ResolutionInput: Sendable, Hashable {
    public var cluster: EdgeCluster
    /// The profiles that there are; those that the cluster names are picked.
    public var profiles: [ClusterProfile]
    public var packs: [Pack]
    /// The Secrets of `spec.variablesFrom`. Their values are checked against the variables' formats and go nowhere
    /// else.
    public var secrets: [Secret]
    /// What the cluster runs: another CNI, a downgrade or a changed immutable variable shows against it.
    public var running: ClusterRevision?

    public init(
        cluster: EdgeCluster, profiles: [ClusterProfile], packs: [Pack], secrets: [Secret] = [],
        running: ClusterRevision? = nil
    ) {
        self.cluster = cluster
        self.profiles = profiles
        self.packs = packs
        self.secrets = secrets
        self.running = running
    }
}

/// The outcome of a resolution.
public enum Resolution: Sendable, Hashable {
    case resolved(ResolvedRevision)
    /// What is wrong; never empty, in the order of profiles and layers.
    case refused([ProfileProblem])
}

/// A revision's content, before it has an epoch, a sequence and a name.
public struct ResolvedRevision: Sendable, Hashable {
    /// The spec of a ``ClusterRevision`` without epoch, sequence, digest and signature.
    public var spec: JSONValue
    public var warnings: [ProfileWarning]

    public init(spec: JSONValue, warnings: [ProfileWarning] = []) {
        self.spec = spec
        self.warnings = warnings
    }
}

/// Something that is allowed and may surprise.
public struct ProfileWarning: Sendable, Hashable {
    /// One word in CamelCase that programs branch on.
    public var reason: String
    public var message: String

    public init(_ reason: String, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
