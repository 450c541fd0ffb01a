import CorbelAPI

/// Who a request asks to be taken for: the headers `Impersonate-User`, `-Group`, `-Uid` and `-Extra-…`.
public struct Impersonation: Sendable, Hashable {
    public var user: String
    public var groups: [String]
    public var uid: String
    public var extra: [String: [String]]

    public init(user: String = "", groups: [String] = [], uid: String = "", extra: [String: [String]] = [:]) {
        self.user = user
        self.groups = groups
        self.uid = uid
        self.extra = extra
    }

    /// What the impersonator must be allowed to impersonate, each part by itself.
    ///
    /// Source: "User impersonation" of Kubernetes' documentation.
    func demands(of impersonator: UserInfo) -> [RequestAttributes] {
        func demand(_ group: String, _ resource: String, _ name: String, part: String = "") -> RequestAttributes {
            RequestAttributes(
                user: impersonator, verb: "impersonate", resource: GroupResource(group, resource), subresource: part,
                name: name)
        }
        var demands = [demand(APIGroup.core, "users", user)]
        if let account = serviceAccount {
            demands = [
                RequestAttributes(
                    user: impersonator, verb: "impersonate", resource: GroupResource(APIGroup.core, "serviceaccounts"),
                    namespace: account.namespace, name: account.name)
            ]
        }
        demands += groups.map { demand(APIGroup.core, "groups", $0) }
        if !uid.isEmpty { demands.append(demand(APIGroup.authentication, "uids", uid)) }
        for key in extra.keys.sorted() {
            demands += (extra[key] ?? []).map { demand(APIGroup.authentication, "userextras", $0, part: key) }
        }
        return demands
    }

    private var serviceAccount: (namespace: String, name: String)? {
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", !parts[2].isEmpty,
            !parts[3].isEmpty
        else { return nil }
        return (String(parts[2]), String(parts[3]))
    }

    /// The user that the request goes on as.
    var effectiveUser: UserInfo {
        var groups = groups
        if let serviceAccount, groups.isEmpty {
            groups = ["system:serviceaccounts", "system:serviceaccounts:\(serviceAccount.namespace)"]
        }
        if user == UserInfo.anonymous.name {
            if !groups.contains(UserInfo.unauthenticatedGroup) { groups.append(UserInfo.unauthenticatedGroup) }
        } else if !groups.contains(UserInfo.authenticatedGroup), !groups.contains(UserInfo.unauthenticatedGroup) {
            groups.append(UserInfo.authenticatedGroup)
        }
        return UserInfo(name: user, groups: groups, uid: uid, extra: extra)
    }
}

/// Lets those who may impersonate be taken for somebody else, before anything else looks at the request.
public struct ImpersonationHandler: RequestHandler {
    private let next: any RequestHandler
    private let authorizer: any Authorizer

    public init(_ next: any RequestHandler, authorizer: any Authorizer) {
        self.next = next
        self.authorizer = authorizer
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        guard let impersonation = request.impersonation else { return await next.handle(request) }
        guard !impersonation.user.isEmpty else {
            return .failure(
                StatusError(.badRequest, "groups, a UID or extra cannot be impersonated without a user"))
        }
        for demand in impersonation.demands(of: request.user) where await !authorizer.allows(demand) {
            return .failure(demand.refusal)
        }
        var request = request
        request.user = impersonation.effectiveUser
        request.impersonation = nil
        return await next.handle(request)
    }
}
