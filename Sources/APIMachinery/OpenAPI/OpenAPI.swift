public import CorbelAPI

/// OpenAPI 3 documents, one for each version of an API group, as kubectl reads them to explain and to validate.
///
/// Source: "The Kubernetes API", section "OpenAPI V3", of Kubernetes' documentation.
public enum OpenAPI {
    /// Kubernetes' own kinds say how strategic merge patches treat their lists; others cannot be patched so.
    enum Dialect {
        case builtIn, custom
    }

    /// The document of one group version: `/openapi/v3/apis/<group>/<version>`.
    ///
    /// - Parameters:
    ///   - definitions: the kinds that are served; those of other group versions are left out.
    ///   - reviews: the kinds of this group version that are only asked.
    public static func document(
        for groupVersion: GroupVersion, definitions: [ResourceDefinition], reviews: [ResourceDefinition] = []
    ) -> JSONValue {
        let served = definitions.filter { $0.groupVersion == groupVersion }.sorted { $0.plural < $1.plural }
        var paths = JSONObject()
        var schemas = SharedModels.schemas
        for definition in served {
            for (path, item) in ResourcePaths(definition).items { paths[path] = item }
            schemas[modelName(of: definition)] = model(of: definition)
            schemas[modelName(of: definition) + "List"] = listModel(of: definition)
        }
        for review in reviews {
            let (path, item) = ResourcePaths(review).reviewItem
            paths[path] = item
            schemas[modelName(of: review)] = model(of: review)
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Corbel", "version": "v1"], "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    /// The index of all documents: `/openapi/v3`. A document's hash is part of its address, so that clients may keep
    /// it.
    public static func index(_ documents: [(groupVersion: GroupVersion, hash: String)]) -> JSONValue {
        var paths = JSONObject()
        for document in documents {
            let path = document.groupVersion.path
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(document.hash)")]
        }
        return ["paths": .object(paths)]
    }

    /// The name of a kind's schema, such as `dev.corbel.v1alpha1.EdgeCluster` or `io.k8s.api.core.v1.Secret`.
    public static func modelName(of definition: ResourceDefinition) -> String {
        "\(packageName(of: definition)).\(definition.version).\(definition.kind)"
    }

    private static func packageName(of definition: ResourceDefinition) -> String {
        let labels = definition.group.split(separator: ".")
        guard definition.isBuiltIn else { return labels.reversed().joined(separator: ".") }
        return "io.k8s.api." + (labels.first ?? "core")
    }

    /// A schema as OpenAPI 3 with Kubernetes' extensions.
    public static func schema(_ schema: Schema) -> JSONValue { schema.openAPI(.custom) }

    private static func model(of definition: ResourceDefinition) -> JSONValue {
        var whole = definition.objectSchema
        whole.properties["metadata"] = nil
        var json = whole.openAPI(definition.isBuiltIn ? .builtIn : .custom)
        json["properties", "metadata"] = [
            "description": "What every object has.", "default": [:], "allOf": [reference(SharedModels.objectMeta)],
        ]
        json["x-kubernetes-group-version-kind"] = [definition.groupVersionKind]
        return json
    }

    private static func listModel(of definition: ResourceDefinition) -> JSONValue {
        [
            "description": .string("A list of objects of the kind \(definition.kind)."), "type": "object",
            "required": ["items"],
            "properties": [
                "apiVersion": ["type": "string"], "kind": ["type": "string"],
                "metadata": ["default": [:], "allOf": [reference(SharedModels.listMeta)]],
                "items": ["type": "array", "items": reference(modelName(of: definition))],
            ],
            "x-kubernetes-group-version-kind": [definition.groupVersionKind(of: definition.listKind)],
        ]
    }

    static func reference(_ model: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(model)")] }
}

extension GroupVersion {
    /// The path below the server's root: `api/v1` or `apis/apps/v1`.
    var path: String { group.isEmpty ? "api/\(version)" : "apis/\(group)/\(version)" }
}

extension ResourceDefinition {
    var groupVersionKind: JSONValue { groupVersionKind(of: kind) }

    fileprivate func groupVersionKind(of kind: String) -> JSONValue {
        ["group": .string(group), "version": .string(version), "kind": .string(kind)]
    }
}
