public import CorbelAPI
public import HostPlan

/// How one way of packaging Kubernetes is brought onto a host, as steps for its agent.
///
/// Every list of steps may be run again from its start after a crash: a step that has been done is left out by its own
/// condition, or does nothing the second time.
public protocol Distribution: Sendable {
    /// As profiles name it, such as `kubeadm`.
    var name: String { get }
    /// The service that runs the node's pods.
    var nodeService: String { get }

    /// Every file that follows from the specification, in the order of paths. Equal specifications give equal bytes.
    ///
    /// - Throws: ``StatusError`` (`Invalid`) that names the fields that are wrong. So do all below.
    func configuration(_ node: NodeSpecification) throws -> [HostFile]
    /// Makes the host the first of a new cluster.
    func initialize(_ node: NodeSpecification) throws -> [HostStep]
    /// Makes the host a member of a cluster that exists.
    func join(_ node: NodeSpecification) throws -> [HostStep]
    /// Moves the host from the version `current` to the one of the specification.
    ///
    /// - Parameter isFirst: Whether the host is the first of the cluster to move: it moves what the cluster has once.
    func upgrade(_ node: NodeSpecification, from current: String, isFirst: Bool) throws -> [HostStep]
    /// Moves the host back from the version `current` to the one of the specification, as far as that can be.
    func undoUpgrade(_ node: NodeSpecification, from current: String) throws -> UndoPlan
    /// The certificates that end by themselves, in the order in which people read them.
    func certificates(_ role: HostPool.Role) -> [NodeCertificate]
    /// Makes the node's certificates anew and has what holds the old ones read them. It asks no API server of a
    /// control-plane host, since one whose certificate has ended does not answer. A worker needs the credential with
    /// which it joins.
    func renewCertificates(_ node: NodeSpecification) throws -> [HostStep]
    /// Stops Kubernetes and wipes its data. The host's own identity stays.
    func reset(_ node: NodeSpecification) -> [HostStep]
}

/// A certificate of Kubernetes on a host.
public struct NodeCertificate: Sendable, Hashable {
    /// As kubeadm names it, such as `apiserver` or `etcd/peer`.
    public var name: String
    /// PEM files or kubeconfigs that may hold it; the first that is there counts.
    public var paths: [String]

    public init(_ name: String, _ paths: String...) {
        self.name = name
        self.paths = paths
    }
}

/// The way back from an upgrade.
public struct UndoPlan: Sendable, Hashable {
    public var steps: [HostStep]
    /// What stays as the upgrade left it, as sentences for people.
    public var cannotBeUndone: [String]

    public init(steps: [HostStep], cannotBeUndone: [String]) {
        self.steps = steps
        self.cannotBeUndone = cannotBeUndone
    }
}

/// The distributions that there are.
public enum Distributions {
    public static let all: [any Distribution] = [Kubeadm()]

    public static func named(_ name: String) -> (any Distribution)? { all.first { $0.name == name } }
}
