import CorbelAPI

/// What a request is about, as its method and its path say: for those who look on, such as audit and metrics.
public struct RequestInfo: Sendable, Hashable {
    /// Kubernetes' verb for a resource, the method in lower case for another path.
    public var verb: String
    public var group = ""
    public var version = ""
    /// Empty for a path that names no resource.
    public var resource = ""
    public var subresource = ""
    public var namespace = ""
    public var name = ""

    public init(_ request: APIRequest) {
        verb = request.method.lowercased()
        let segments = request.segments
        let named: (GroupVersion, ArraySlice<String>)?
        switch segments.first {
        case "api" where segments.count > 2: named = (GroupVersion("", segments[1]), segments.dropFirst(2))
        case "apis" where segments.count > 3:
            named = (GroupVersion(segments[1], segments[2]), segments.dropFirst(3))
        default: named = nil
        }
        guard let (groupVersion, rest) = named, let path = ResourcePath(groupVersion: groupVersion, segments: rest)
        else { return }
        group = groupVersion.group
        version = groupVersion.version
        resource = path.resource
        subresource = path.subresource
        namespace = path.namespace
        name = path.name
        verb = Self.verb(of: request, isCollection: path.name.isEmpty)
    }

    private static func verb(of request: APIRequest, isCollection: Bool) -> String {
        switch request.method {
        case "GET", "HEAD":
            let watches = request.parameter("watch").map { !["0", "f", "F", "false", "False", "FALSE"].contains($0) }
            return watches == true ? "watch" : isCollection ? "list" : "get"
        case "POST": return "create"
        case "PUT": return "update"
        case "PATCH": return "patch"
        case "DELETE": return isCollection ? "deletecollection" : "delete"
        default: return request.method.lowercased()
        }
    }

    /// Whether the request may change something. Who asks what they may do changes nothing.
    public var changes: Bool {
        let asks = [APIGroup.authorization, APIGroup.authentication].contains(group)
        return !["get", "head", "options", "list", "watch"].contains(verb) && !asks
    }
}
