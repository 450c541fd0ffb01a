import CorbelAPI

/// The path items of one kind: every verb that the server answers.
struct ResourcePaths {
    private let definition: ResourceDefinition
    private let model: String

    init(_ definition: ResourceDefinition) {
        self.definition = definition
        model = OpenAPI.modelName(of: definition)
    }

    var items: [(path: String, item: JSONValue)] {
        let root = "/\(definition.groupVersion.path)"
        let home = definition.isNamespaced ? "\(root)/namespaces/{namespace}" : root
        let collection = "\(home)/\(definition.plural)"
        let object = "\(collection)/{name}"
        var items = [(collection, collectionItem), (object, objectItem)]
        if definition.isNamespaced { items.append(("\(root)/\(definition.plural)", allNamespacesItem)) }
        if definition.hasStatus { items.append(("\(object)/status", subresourceItem("status", model, kind: nil))) }
        if definition.hasApproval {
            items.append(("\(object)/approval", subresourceItem("approval", model, kind: nil)))
        }
        if definition.scale != nil {
            let kind: JSONValue = ["group": "autoscaling", "version": "v1", "kind": "Scale"]
            items.append(("\(object)/scale", subresourceItem("scale", SharedModels.scale, kind: kind)))
        }
        return items
    }

    /// The path of a kind that is only created, to be answered.
    var reviewItem: (path: String, item: JSONValue) {
        let root = "/\(definition.groupVersion.path)"
        let home = definition.isNamespaced ? "\(root)/namespaces/{namespace}" : root
        let item: JSONValue = [
            "parameters": pathParameters(named: false),
            "post": writing(operation(.create, returns: model), body(model)),
        ]
        return ("\(home)/\(definition.plural)", item)
    }

    private var allNamespacesItem: JSONValue { ["get": listOperation("ForAllNamespaces")] }

    private var collectionItem: JSONValue {
        var delete = operation(.deleteCollection, returns: SharedModels.status)
        delete["parameters"] = .array(Parameters.list + Parameters.delete)
        delete["requestBody"] = body(SharedModels.deleteOptions)
        return [
            "parameters": pathParameters(named: false), "get": listOperation(), "delete": delete,
            "post": writing(operation(.create, returns: model), body(model)),
        ]
    }

    private var objectItem: JSONValue {
        var get = operation(.read, returns: model)
        get["parameters"] = [Parameters.pretty]
        var delete = operation(.delete, returns: SharedModels.status)
        delete["parameters"] = .array(Parameters.delete)
        delete["requestBody"] = body(SharedModels.deleteOptions)
        return [
            "parameters": pathParameters(named: true), "get": get, "delete": delete,
            "put": writing(operation(.replace, returns: model), body(model)),
            "patch": patching(operation(.patch, returns: model)),
        ]
    }

    /// - Parameter kind: what the subresource is, where that is another kind.
    private func subresourceItem(_ name: String, _ model: String, kind: JSONValue?) -> JSONValue {
        func part(_ verb: Verb) -> JSONValue {
            operation(verb, suffix: name.prefix(1).uppercased() + name.dropFirst(), returns: model, kind: kind)
        }
        var get = part(.read)
        get["parameters"] = [Parameters.pretty]
        return [
            "parameters": pathParameters(named: true), "get": get,
            "put": writing(part(.replace), body(model)), "patch": patching(part(.patch)),
        ]
    }
}

// Operations.
extension ResourcePaths {
    /// What an operation is called in identifiers; the raw value is the `x-kubernetes-action`.
    private enum Verb: String {
        case list
        case read = "get"
        case create = "post"
        case replace = "put"
        case patch, delete
        case deleteCollection = "deletecollection"

        var word: String {
            switch self {
            case .read: "read"
            case .create: "create"
            case .replace: "replace"
            case .deleteCollection: "deleteCollection"
            case .list, .patch, .delete: rawValue
            }
        }
    }

    private func operation(
        _ verb: Verb, suffix: String = "", returns model: String, kind: JSONValue? = nil
    ) -> JSONValue {
        let group =
            definition.group.isEmpty ? ["Core"] : definition.group.split { $0 == "." || $0 == "-" }.map(\.capitalized)
        let scope = definition.isNamespaced && suffix != "ForAllNamespaces" ? "Namespaced" : ""
        let name = verb.word + group.joined() + definition.version[...].capitalized + scope + definition.kind + suffix
        var success = answer("OK", model)
        if verb == .list || verb == .read { success["content", "application/yaml"] = schemaContent(model) }
        return [
            "operationId": .string(name), "tags": [.string(group.joined() + "_" + definition.version)],
            "description": .string("\(verb.word) \(definition.kind)"), "x-kubernetes-action": .string(verb.rawValue),
            "x-kubernetes-group-version-kind": kind ?? definition.groupVersionKind,
            "responses": responses(to: verb, success),
        ]
    }

    private func responses(to verb: Verb, _ success: JSONValue) -> JSONValue {
        var responses: JSONValue = ["200": success, "401": ["description": "Unauthorized"]]
        if verb == .create || verb == .replace || verb == .patch { responses["201"] = success }
        if verb == .delete { responses["202"] = success }
        return responses
    }

    private func answer(_ description: String, _ model: String) -> JSONValue {
        ["description": .string(description), "content": ["application/json": schemaContent(model)]]
    }

    private func schemaContent(_ model: String) -> JSONValue { ["schema": OpenAPI.reference(model)] }

    private func listOperation(_ suffix: String = "") -> JSONValue {
        var operation = operation(.list, suffix: suffix, returns: model + "List")
        operation["parameters"] = .array(Parameters.list + Parameters.watch)
        return operation
    }

    private func writing(_ operation: JSONValue, _ body: JSONValue) -> JSONValue {
        var result = operation
        result["parameters"] = .array(Parameters.write)
        result["requestBody"] = body
        return result
    }

    private func patching(_ operation: JSONValue) -> JSONValue {
        var content = JSONObject()
        for type in definition.patchTypes { content[type.rawValue] = schemaContent(SharedModels.patch) }
        var result = writing(operation, ["required": true, "content": .object(content)])
        result["parameters"] = .array(Parameters.write + [Parameters.force])
        return result
    }

    private func body(_ model: String) -> JSONValue {
        let content = schemaContent(model)
        return ["content": ["application/json": content, "application/yaml": content]]
    }

    private func pathParameters(named: Bool) -> JSONValue {
        var names: [JSONValue] = []
        if named { names.append(Parameters.path("name", "The name of the object.")) }
        if definition.isNamespaced { names.append(Parameters.path("namespace", "The namespace of the object.")) }
        return .array(names)
    }
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
