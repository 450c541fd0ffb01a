import APIServer
import CorbelAPI
import HostRegistration

/// Who may do what at a site, without RBAC: the rights that kubeadm gives to its groups, and those of Corbel's hosts.
///
///     user                     may
///     kubeadm:cluster-admins   everything
///     corbel:viewers           read everything but Secrets
///     a bootstrapper           ask for certificates, read its own requests, get and list nodes
///     a node                   read nodes, write its own, hold its lease, read the pods that are bound to it, write
///                              their status, delete them, record events, ask for certificates
///     a host                   read the HostMachines that name it, write their status, read the bootstrap Secret of
///                              its machine, get and list its EdgeCluster and the ClusterRevisions of that
struct SiteAuthorizer: Authorizer {
    static let administratorsGroup = CertificateSigningRequest.SiteRole.admin.rawValue
    static let viewersGroup = CertificateSigningRequest.SiteRole.view.rawValue

    private static let reading: Set<String> = ["get", "list", "watch"]
    private static let writing: Set<String> = ["update", "patch"]

    /// Reads objects as the server itself; `nil` where there is none.
    let reader: @Sendable (ObjectKey) async throws -> Unstructured?

    func allows(_ request: RequestAttributes) async -> Bool {
        do {
            switch SiteRole(request.user) {
            case .administrator: return true
            case .viewer: return Self.reading.contains(request.verb) && !Self.isSecret(request.resource)
            case .bootstrapper: return allows(bootstrapper: request)
            case .node(let node): return try await allows(request, node: node.name)
            case .host(let host): return try await allows(request, host: host)
            case nil: return false
            }
        } catch {
            // What cannot be read cannot be allowed.
            return false
        }
    }

    func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        switch SiteRole(user) {
        case .administrator: return true
        case .viewer: return object.groupKind != Secret.groupKind
        case .bootstrapper:
            return Self.isOwnRequest(object, of: user) || object.groupKind == Node.groupKind
        case .node(let node):
            switch object.groupKind {
            case Pod.groupKind: return Pod(object).nodeName == node.name
            case CertificateSigningRequest.groupKind: return Self.isOwnRequest(object, of: user)
            default: return true
            }
        case .host(let host): return await maySee(object, host: host)
        case nil: return false
        }
    }

    func seesEverything(_ user: UserInfo) -> Bool { SiteRole(user) == .administrator }

    private static func isSecret(_ resource: GroupResource) -> Bool { resource == Secret.definition.groupResource }

    private static func isOwnRequest(_ object: Unstructured, of user: UserInfo) -> Bool {
        object.groupKind == CertificateSigningRequest.groupKind
            && CertificateSigningRequest(object).userName == user.name
    }

    /// Creates say nothing of what is asked for; the signer looks at that.
    private static func asksForCertificates(_ request: RequestAttributes) -> Bool {
        request.resource == CertificateSigningRequest.definition.groupResource && request.subresource.isEmpty
            && (reading.contains(request.verb) || request.verb == "create")
    }

    private func allows(bootstrapper request: RequestAttributes) -> Bool {
        let isNodes = request.resource == Node.definition.groupResource && request.subresource.isEmpty
        return Self.asksForCertificates(request) || (isNodes && ["get", "list"].contains(request.verb))
    }
}

// Nodes.
extension SiteAuthorizer {
    /// Creates name nothing here; ``NodeRestriction`` looks at what is created.
    private func allows(_ request: RequestAttributes, node: String) async throws -> Bool {
        let verb = request.verb
        let isStatus = request.subresource == "status"
        guard request.subresource.isEmpty || isStatus else { return false }
        switch request.resource {
        case Node.definition.groupResource:
            return Self.reading.contains(verb) || verb == "create"
                || (Self.writing.contains(verb) && request.name == node)
        case Lease.definition.groupResource:
            guard request.namespace == NodeLifecycleReconciler.leaseNamespace else { return false }
            return verb == "create" || (["get", "update", "patch"].contains(verb) && request.name == node)
        case Event.definition.groupResource: return ["get", "create", "update", "patch"].contains(verb)
        case CertificateSigningRequest.definition.groupResource: return Self.asksForCertificates(request)
        case Pod.definition.groupResource:
            if Self.reading.contains(verb) || verb == "create" { return true }
            guard (isStatus && Self.writing.contains(verb)) || (!isStatus && verb == "delete") else { return false }
            let pod = try await reader(Pod.key(namespace: request.namespace, name: request.name))
            return pod.map { Pod($0).nodeName == node } ?? false
        default: return false
        }
    }
}

// Hosts.
extension SiteAuthorizer {
    private func allows(_ request: RequestAttributes, host: HostIdentity) async throws -> Bool {
        guard request.namespace == host.namespace else { return false }
        let reads = Self.reading.contains(request.verb) && request.subresource.isEmpty
        switch request.resource {
        case HostMachine.definition.groupResource:
            if reads { return true }
            guard request.subresource == "status", Self.writing.contains(request.verb) else { return false }
            return try await machine(request.name, of: host) != nil
        case Secret.definition.groupResource:
            let suffix = "-bootstrap"
            guard request.verb == "get", request.name.hasSuffix(suffix), request.subresource.isEmpty else {
                return false
            }
            let name = String(request.name.dropLast(suffix.count))
            guard let machine = try await machine(name, of: host) else { return false }
            return name == "\(machine.clusterName)-\(host.name)"
        case EdgeCluster.definition.groupResource, ClusterRevision.definition.groupResource:
            guard reads, request.verb != "watch" else { return false }
            return request.name.isEmpty ? true : try await belongs(host, toClusterOf: request)
        default: return false
        }
    }

    private func maySee(_ object: Unstructured, host: HostIdentity) async -> Bool {
        guard object.namespace == host.namespace else { return false }
        switch object.groupKind {
        case HostMachine.groupKind: return HostMachine(object).hostName == host.name
        case Secret.groupKind: return true
        case EdgeCluster.groupKind: return await belongs(host, to: object.name)
        case ClusterRevision.groupKind: return await belongs(host, to: ClusterRevision(object).clusterName)
        default: return false
        }
    }

    private func belongs(_ host: HostIdentity, toClusterOf request: RequestAttributes) async throws -> Bool {
        if request.resource == EdgeCluster.definition.groupResource { return await belongs(host, to: request.name) }
        let revision = try await reader(ClusterRevision.key(namespace: request.namespace, name: request.name))
        guard let revision else { return false }
        return await belongs(host, to: ClusterRevision(revision).clusterName)
    }

    /// Whether the host has a machine in a cluster.
    private func belongs(_ host: HostIdentity, to cluster: String) async -> Bool {
        do {
            return try await machine("\(cluster)-\(host.name)", of: host)?.clusterName == cluster
        } catch {
            // What cannot be read is not shown.
            return false
        }
    }

    private func machine(_ name: String, of host: HostIdentity) async throws -> HostMachine? {
        let object = try await reader(HostMachine.key(namespace: host.namespace, name: name))
        return object.map(HostMachine.init(_:)).flatMap { $0.hostName == host.name ? $0 : nil }
    }
}

/// What a user is to a site. The first that fits counts.
enum SiteRole: Hashable {
    case administrator, viewer, bootstrapper
    case node(NodeIdentity)
    case host(HostIdentity)

    init?(_ user: UserInfo) {
        if user.groups.contains(SiteAuthorizer.administratorsGroup) {
            self = .administrator
        } else if user.groups.contains(SiteAuthorizer.viewersGroup) {
            self = .viewer
        } else if user.groups.contains(SigningPolicy.bootstrappersGroup) {
            self = .bootstrapper
        } else if let node = NodeIdentity(name: user.name, groups: user.groups) {
            self = .node(node)
        } else if let host = HostIdentity(user) {
            self = .host(host)
        } else {
            return nil
        }
    }
}
