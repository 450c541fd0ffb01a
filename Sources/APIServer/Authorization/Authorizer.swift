public import CorbelAPI

/// What a request wants to do, in the words of Kubernetes' authorization.
public struct RequestAttributes: Sendable, Hashable {
    public var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    public var verb: String
    public var resource: GroupResource
    public var subresource: String
    public var namespace: String
    public var name: String

    public init(
        user: UserInfo, verb: String, resource: GroupResource, subresource: String = "", namespace: String = "",
        name: String = ""
    ) {
        self.user = user
        self.verb = verb
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }
}

/// Decides whether a request may be carried out. It is asked for every request that names a resource.
public protocol Authorizer: Sendable {
    /// Whether the request is allowed. What is not allowed is forbidden: there is no third answer.
    func allows(_ attributes: RequestAttributes) async -> Bool

    /// Whether a get, a list or a watch that is allowed may show this object.
    func maySee(_ object: Unstructured, user: UserInfo) async -> Bool

    /// Whether the user may see every object, so that none needs to be asked about.
    func seesEverything(_ user: UserInfo) -> Bool
}

extension Authorizer {
    public func seesEverything(_ user: UserInfo) -> Bool { false }
}

/// Lets Kubernetes' group `system:masters` do everything, and nobody else anything.
public struct MastersAuthorizer: Authorizer {
    public init() {}

    public func allows(_ attributes: RequestAttributes) async -> Bool {
        attributes.user.groups.contains(UserInfo.mastersGroup)
    }

    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool { seesEverything(user) }

    public func seesEverything(_ user: UserInfo) -> Bool { user.groups.contains(UserInfo.mastersGroup) }
}

/// Allows what any one of several authorizers allows.
public struct UnionAuthorizer: Authorizer {
    private let authorizers: [any Authorizer]

    public init(_ authorizers: [any Authorizer]) { self.authorizers = authorizers }

    public func allows(_ attributes: RequestAttributes) async -> Bool {
        for authorizer in authorizers where await authorizer.allows(attributes) { return true }
        return false
    }

    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        for authorizer in authorizers where await authorizer.maySee(object, user: user) { return true }
        return false
    }

    public func seesEverything(_ user: UserInfo) -> Bool { authorizers.contains { $0.seesEverything(user) } }
}

extension RequestAttributes {
    /// The refusal, in the words that kubectl's users know.
    var refusal: StatusError {
        let part = subresource.isEmpty ? resource.resource : "\(resource.resource)/\(subresource)"
        let place = namespace.isEmpty ? " at the cluster scope" : " in the namespace \"\(namespace)\""
        return StatusError(
            .forbidden,
            "\(GroupResource(resource.group, resource.resource)) \"\(name)\" is forbidden: User \"\(user.name)\" "
                + "cannot \(verb) "
                + "resource \"\(part)\" in API group \"\(resource.group)\"\(place)",
            group: resource.group, kind: resource.resource, name: name)
    }
}
