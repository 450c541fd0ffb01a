import APIMachinery
public import CorbelAPI

/// What a request wants to do to a resource, in the words of Kubernetes' authorization.
public struct RequestAttributes: Sendable, Hashable {
    public var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, and words that no request
    /// says: `escalate`, `bind`, `impersonate`.
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

/// What a request wants of a path that names no resource, such as `/version`.
public struct PathAttributes: Sendable, Hashable {
    public var user: UserInfo
    /// The method in lower case.
    public var verb: String
    public var path: String

    public init(user: UserInfo, verb: String, path: String) {
        self.user = user
        self.verb = verb
        self.path = path
    }
}

/// The answer of an authorizer.
public enum AuthorizationDecision: Sendable, Hashable {
    /// Allowed, with all that is read.
    case allowed(reason: String)
    /// Allowed; of what is read, ``Authorizer/maySee(_:user:)`` says which objects are shown.
    case confined(reason: String)
    /// Not allowed by this authorizer.
    case refused

    public var isAllowed: Bool { self != .refused }

    public var reason: String {
        switch self {
        case .allowed(let reason), .confined(let reason): reason
        case .refused: ""
        }
    }
}

/// Decides whether a request may be carried out. It is asked for every request.
public protocol Authorizer: Sendable {
    /// Whether the request is allowed. What is not allowed is forbidden: there is no third answer.
    func allows(_ attributes: RequestAttributes) async -> Bool

    /// Whether a get, a list or a watch that is allowed may show this object.
    func maySee(_ object: Unstructured, user: UserInfo) async -> Bool

    /// Whether the user may see every object, so that none needs to be asked about.
    func seesEverything(_ user: UserInfo) -> Bool

    /// Whether the request is allowed, why, and whether what it reads is shown as a whole.
    func decide(_ attributes: RequestAttributes) async -> AuthorizationDecision

    /// Whether a request for a path that names no resource is allowed.
    func decide(_ attributes: PathAttributes) async -> AuthorizationDecision

    /// What the user may do by rules in a namespace, as far as this authorizer goes by rules.
    func rules(of user: UserInfo, in namespace: String) -> RuleList
}

/// What somebody may do.
public struct RuleList: Sendable, Hashable {
    public var rules: [PolicyRule]
    /// Whether more may be allowed than the rules say.
    public var isIncomplete: Bool

    public init(_ rules: [PolicyRule], isIncomplete: Bool = false) {
        self.rules = rules
        self.isIncomplete = isIncomplete
    }
}

extension Authorizer {
    public func seesEverything(_ user: UserInfo) -> Bool { false }

    public func decide(_ attributes: RequestAttributes) async -> AuthorizationDecision {
        guard await allows(attributes) else { return .refused }
        return seesEverything(attributes.user) ? .allowed(reason: "") : .confined(reason: "")
    }

    /// What is served is told to those who have shown who they are, the version to everybody.
    public func decide(_ attributes: PathAttributes) async -> AuthorizationDecision {
        guard ["get", "head"].contains(attributes.verb) else { return .refused }
        return attributes.user.isAnonymous && attributes.path != "/version" ? .refused : .allowed(reason: "")
    }

    public func rules(of user: UserInfo, in namespace: String) -> RuleList { RuleList([], isIncomplete: true) }
}

/// Lets Kubernetes' group `system:masters` do everything, and nobody else anything but read the version.
public struct MastersAuthorizer: Authorizer {
    public init() {}

    public func allows(_ attributes: RequestAttributes) async -> Bool { seesEverything(attributes.user) }

    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool { seesEverything(user) }

    public func seesEverything(_ user: UserInfo) -> Bool { user.isMaster }

    public func decide(_ attributes: PathAttributes) async -> AuthorizationDecision {
        seesEverything(attributes.user) || attributes.path == "/version" ? .allowed(reason: "") : .refused
    }

    public func rules(of user: UserInfo, in namespace: String) -> RuleList {
        RuleList(user.isMaster ? PolicyRule.everything : [])
    }
}

/// Allows what any one of several authorizers allows; one that shows everything goes before one that does not.
public struct UnionAuthorizer: Authorizer {
    private let authorizers: [any Authorizer]

    public init(_ authorizers: [any Authorizer]) { self.authorizers = authorizers }

    public func allows(_ attributes: RequestAttributes) async -> Bool { await decide(attributes).isAllowed }

    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        for authorizer in authorizers where await authorizer.maySee(object, user: user) { return true }
        return false
    }

    public func seesEverything(_ user: UserInfo) -> Bool { authorizers.contains { $0.seesEverything(user) } }

    public func decide(_ attributes: RequestAttributes) async -> AuthorizationDecision {
        var best = AuthorizationDecision.refused
        for authorizer in authorizers {
            switch await authorizer.decide(attributes) {
            case .allowed(let reason): return .allowed(reason: reason)
            case .confined(let reason): if best == .refused { best = .confined(reason: reason) }
            case .refused: continue
            }
        }
        return best
    }

    public func decide(_ attributes: PathAttributes) async -> AuthorizationDecision {
        for authorizer in authorizers {
            let decision = await authorizer.decide(attributes)
            if decision.isAllowed { return decision }
        }
        return .refused
    }

    public func rules(of user: UserInfo, in namespace: String) -> RuleList {
        authorizers.map { $0.rules(of: user, in: namespace) }.reduce(RuleList([])) { all, part in
            RuleList(
                all.rules + part.rules.filter { !all.rules.contains($0) },
                isIncomplete: all.isIncomplete || part.isIncomplete)
        }
    }
}

extension RequestAttributes {
    var access: ResourceAccess {
        ResourceAccess(
            verb: verb, group: resource.group, resource: resource.resource, subresource: subresource,
            namespace: namespace, name: name)
    }

    /// The refusal, in the words that kubectl's users know.
    var refusal: StatusError {
        let object = name.isEmpty ? "\(resource)" : "\(resource) \"\(name)\""
        return StatusError(
            .forbidden, "\(object) is forbidden: \(denial)", group: resource.group, kind: resource.resource, name: name)
    }

    private var denial: String {
        let part = subresource.isEmpty ? resource.resource : "\(resource.resource)/\(subresource)"
        let place = namespace.isEmpty ? " at the cluster scope" : " in the namespace \"\(namespace)\""
        return "User \"\(user.name)\" cannot \(verb) resource \"\(part)\" in API group \"\(resource.group)\"\(place)"
    }
}

extension PathAttributes {
    var refusal: StatusError {
        StatusError(.forbidden, "forbidden: User \"\(user.name)\" cannot \(verb) path \"\(path)\"")
    }
}
