public import APIServer
public import CorbelAPI
import ResourceClient

/// Confines a host to what is its own.
///
/// A host may read its EdgeHost and write that object's status; read the HostMachines that name it, and write their
/// status until a pivot has given them to the site; read the bootstrap Secret of its machine; and read the cluster
/// that has claimed it, with its revisions and updates. A control-plane host of a cluster speaks for its site: it may
/// write the status of that cluster and of its updates, read the user data for the site's hosts, and answer the
/// requests for certificates of the site. It may do nothing else.
public struct HostAuthorizer: Authorizer {
    /// Reads objects as the server itself; a decision about a host rests on its EdgeHost and its cluster.
    private let reader: @Sendable (ObjectKey) async throws -> Unstructured?

    public init(reader: @escaping @Sendable (ObjectKey) async throws -> Unstructured?) { self.reader = reader }

    public func allows(_ attributes: RequestAttributes) async -> Bool {
        guard let host = HostIdentity(attributes.user) else { return false }
        let isRequest = attributes.resource == CertificateSigningRequest.definition.groupResource
        guard attributes.namespace == (isRequest ? "" : host.namespace) else { return false }
        do {
            let facts = try await facts(of: host, attributes)
            return HostPermissions.allows(attributes, host, facts)
        } catch {
            // What cannot be read cannot be allowed.
            return false
        }
    }

    /// Paths that name no resource are for roles to give, to hosts as to everybody.
    public func decide(_ attributes: PathAttributes) async -> AuthorizationDecision { .refused }

    public func rules(of user: UserInfo, in namespace: String) -> RuleList {
        RuleList([], isIncomplete: HostIdentity(user) != nil)
    }

    /// Lists and watches show a host itself, its own machines, and what belongs to its cluster.
    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        guard let host = HostIdentity(user) else { return false }
        if object.groupKind == CertificateSigningRequest.groupKind {
            return await maySee(CertificateSigningRequest(object), host, user)
        }
        guard object.namespace == host.namespace else { return false }
        switch object.groupKind {
        case EdgeHost.groupKind where object.name != host.name: return false
        case HostMachine.groupKind where HostMachine(object).hostName != host.name: return false
        default: break
        }
        // Asked anew for every object, so that a watch shows nothing more once the host is revoked or released.
        guard let edgeHost = await edgeHost(of: host, user) else { return false }
        switch object.groupKind {
        case ClusterRevision.groupKind, ClusterUpdate.groupKind:
            guard let cluster = object.spec["clusterName"]?.stringValue else { return false }
            return edgeHost.consumerCluster == cluster
        default: return true
        }
    }

    /// Requests for certificates are shown to the hosts that answer them.
    private func maySee(_ request: CertificateSigningRequest, _ host: HostIdentity, _ user: UserInfo) async -> Bool {
        do {
            guard let cluster = try await activeHost(host, user)?.consumerCluster,
                request.isForSite(ofCluster: cluster, in: host.namespace)
            else { return false }
            return try await isControlPlane(host, of: cluster)
        } catch {
            // What cannot be read is not shown.
            return false
        }
    }

    private func isControlPlane(_ host: HostIdentity, of cluster: String) async throws -> Bool {
        try await self.cluster(of: host, cluster)?.controlPlaneHosts.contains(host.name) ?? false
    }

    private func cluster(of host: HostIdentity, _ name: String?) async throws -> EdgeCluster? {
        guard let name else { return nil }
        return try await reader(EdgeCluster.key(namespace: host.namespace, name: name)).map(EdgeCluster.init(_:))
    }

    /// The EdgeHost of a user, if it may take part.
    private func edgeHost(of host: HostIdentity, _ user: UserInfo) async -> EdgeHost? {
        do {
            return try await activeHost(host, user)
        } catch {
            // What cannot be read is not shown.
            return nil
        }
    }

    private func activeHost(_ host: HostIdentity, _ user: UserInfo) async throws -> EdgeHost? {
        let key = EdgeHost.key(namespace: host.namespace, name: host.name)
        guard let edgeHost = try await reader(key).map(EdgeHost.init(_:)), edgeHost.isActive,
            HostIdentity.isUser(user, hostWithUID: edgeHost.uid)
        else { return nil }
        return edgeHost
    }

    private func facts(of host: HostIdentity, _ attributes: RequestAttributes) async throws -> HostPermissions.Facts {
        var facts = HostPermissions.Facts()
        guard let edgeHost = try await activeHost(host, attributes.user) else { return facts }
        facts.isActive = true
        facts.cluster = edgeHost.consumerCluster
        if let cluster = edgeHost.consumerCluster { facts.isControlPlane = try await isControlPlane(host, of: cluster) }
        if attributes.resource == HostMachine.definition.groupResource, !attributes.name.isEmpty {
            let machine = try await reader(HostMachine.key(namespace: host.namespace, name: attributes.name))
            facts.namedMachineIsOwn = machine.map { HostMachine($0).hostName == host.name } ?? false
            // A host that was handed back has a machine of no cluster.
            let owner = machine?.label(WellKnown.clusterName)
            facts.machinesAreAtSite = try await cluster(of: host, owner)?.isAtSite ?? false
        }
        if attributes.resource == CertificateSigningRequest.definition.groupResource, !attributes.name.isEmpty {
            let object = try await reader(CertificateSigningRequest.key(name: attributes.name))
            let request = object.map { CertificateSigningRequest($0) }
            let isAnswered = facts.cluster.map { request?.isForSite(ofCluster: $0, in: host.namespace) ?? false }
            facts.namedObjectCluster = isAnswered == true ? facts.cluster : nil
        }
        for resource in [ClusterRevision.definition, ClusterUpdate.definition]
        where attributes.resource == resource.groupResource && !attributes.name.isEmpty {
            let key = ObjectKey(resource.groupKind, namespace: host.namespace, name: attributes.name)
            facts.namedObjectCluster = try await reader(key)?.spec["clusterName"]?.stringValue
        }
        return facts
    }
}

extension EdgeHost {
    /// Whether the host's certificates are refused.
    var isRevoked: Bool { json["spec", "revoked"]?.boolValue ?? false }

    /// Whether the host may take part.
    var isActive: Bool { isApproved && !isRevoked }

    /// Whether the host may take part, and the user comes with a certificate of this very EdgeHost.
    public func mayTakePart(as user: UserInfo) -> Bool {
        isActive && HostIdentity.isUser(user, hostWithUID: uid)
    }
}

extension EdgeCluster {
    /// The hosts that serve, or may come to serve, as the control plane.
    fileprivate var controlPlaneHosts: [String] { (controlPlanePool?.hosts ?? []) + (controlPlanePool?.spares ?? []) }
}

/// What a host may do, as a pure function of what is known of it.
enum HostPermissions {
    struct Facts: Sendable {
        /// Whether the host is approved and not revoked, and the request comes with its certificate.
        var isActive = false
        /// The EdgeCluster that has claimed the host.
        var cluster: String?
        var isControlPlane = false
        /// Whether the HostMachine that the request names is the host's own.
        var namedMachineIsOwn = false
        /// Whether the cluster's pivot is committed: what is left of its machines here is a copy that nobody writes.
        var machinesAreAtSite = false
        /// The cluster of the ClusterRevision, ClusterUpdate or CertificateSigningRequest that the request names.
        var namedObjectCluster: String?
    }

    private static let reading: Set<String> = ["get", "list", "watch"]
    private static let changing: Set<String> = ["update", "patch"]

    static func allows(_ request: RequestAttributes, _ host: HostIdentity, _ facts: Facts) -> Bool {
        guard facts.isActive else { return false }
        let isCollection = request.name.isEmpty
        let writesStatus = changing.contains(request.verb) && request.subresource == "status"
        let reads = reading.contains(request.verb)
        switch request.resource {
        case EdgeHost.definition.groupResource:
            return isCollection ? reads : request.name == host.name && (reads || writesStatus)
        case HostMachine.definition.groupResource:
            guard !isCollection else { return reads }
            return facts.namedMachineIsOwn && (reads || (writesStatus && !facts.machinesAreAtSite))
        case EdgeCluster.definition.groupResource:
            guard !isCollection, let cluster = facts.cluster, request.name == cluster else { return false }
            return reads || (writesStatus && facts.isControlPlane)
        case ClusterRevision.definition.groupResource, ClusterUpdate.definition.groupResource:
            guard facts.cluster != nil else { return false }
            if isCollection { return reads }
            guard facts.namedObjectCluster == facts.cluster else { return false }
            return reads || (writesStatus && facts.isControlPlane)
        case CertificateSigningRequest.definition.groupResource:
            guard facts.isControlPlane, let cluster = facts.cluster else { return false }
            let looks = ["get", "list"].contains(request.verb) && request.subresource.isEmpty
            return isCollection ? looks : facts.namedObjectCluster == cluster && (looks || writesStatus)
        case Secret.definition.groupResource:
            guard let cluster = facts.cluster else { return false }
            let isForSite = facts.isControlPlane && request.name == EdgeCluster.userDataDocumentName(cluster)
            return request.verb == "get" && (isForSite || request.name == "\(cluster)-\(host.name)-bootstrap")
        default: return false
        }
    }
}
