import CorbelAPI

/// What a path under `/api/v1` or `/apis/<group>/<version>` names.
struct ResourcePath: Sendable, Hashable {
    var groupVersion: GroupVersion
    /// Empty where the path names no namespace.
    var namespace: String
    var resource: String
    /// Empty for a collection.
    var name: String
    /// Empty for the object itself.
    var subresource: String

    /// The resource that the segments after the group version name: `[namespaces/NS/]RESOURCE[/NAME[/SUBRESOURCE]]`.
    ///
    /// `namespaces/NAME` and `namespaces/NAME/status` are a namespace itself, as in Kubernetes.
    init?(groupVersion: GroupVersion, segments: some Collection<String>) {
        self.groupVersion = groupVersion
        var rest = Array(segments)
        namespace = ""
        let isNamespaceItself = rest.count == 3 && ["status", "finalize"].contains(rest[2])
        if rest.count >= 3, rest[0] == "namespaces", !isNamespaceItself {
            namespace = rest[1]
            rest.removeFirst(2)
        }
        guard (1...3).contains(rest.count), !rest.contains("") else { return nil }
        resource = rest[0]
        name = rest.count > 1 ? rest[1] : ""
        subresource = rest.count > 2 ? rest[2] : ""
    }
}

extension APIRequest {
    /// The segments of the path, without the empty one before the first slash. A trailing slash counts for nothing.
    var segments: [String] {
        path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    }
}
