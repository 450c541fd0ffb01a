public import CorbelAPI

/// The subresource `/scale`: the size of an object in a form that is the same for all kinds (`autoscaling/v1`, kind
/// `Scale`).
public enum ScaleSubresource {
    /// The size of an object; nil for kinds that have none.
    public static func scale(of object: Unstructured, definition: ResourceDefinition) -> JSONValue? {
        guard let paths = definition.scale else { return nil }
        var metadata: JSONValue = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[name] = object.json["metadata", name]
        }
        var status: JSONValue = ["replicas": object.json[path: paths.statusReplicas] ?? 0]
        status["selector"] = paths.selector.flatMap { object.json[path: $0] }
        return [
            "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata,
            "spec": ["replicas": object.json[path: paths.specReplicas] ?? 0], "status": status,
        ]
    }

    /// The object with the size that a `Scale` asks for.
    ///
    /// - Throws: ``StatusError``: `NotFound` for kinds that have no size, `Invalid` for a size that is none,
    ///   `Conflict` where the `Scale` was made from another state of the object.
    public static func setting(
        _ scale: JSONValue, in object: Unstructured, definition: ResourceDefinition
    ) throws -> Unstructured {
        guard let paths = definition.scale else { throw StatusError.notFound(definition.groupResource, object.name) }
        try ObjectWriting.check(
            Preconditions(replacing: Unstructured(json: scale)), of: object, definition: definition)
        guard let replicas = (scale["spec", "replicas"] ?? 0).intValue, replicas >= 0 else {
            throw StatusError.invalid(
                GroupKind("autoscaling", "Scale"), object.name,
                [.invalid("spec.replicas", scale["spec", "replicas"] ?? .null, "must be an integer of at least 0")])
        }
        var result = object
        result.json[path: paths.specReplicas] = JSONValue(replicas)
        return result
    }
}
