import APIMachinery
import CorbelAPI
import Effects
import ResourceClient

/// Carries out one request on a resource: decodes, authorizes, calls the service, encodes.
struct ResourceHandler: Sendable {
    let server: APIServer
    let request: APIRequest
    let path: ResourcePath
    let definition: ResourceDefinition
    /// What the user is shown of what is read; nothing before the request is authorized.
    private(set) var visibility = Visibility.nothing

    init(server: APIServer, request: APIRequest, path: ResourcePath, definition: ResourceDefinition) {
        self.server = server
        self.request = request
        self.path = path
        self.definition = definition
    }

    private var service: ResourceService { server.service }

    private var target: Target { Target(definition: definition, namespace: path.namespace, name: path.name) }

    func respond() async throws -> APIResponse {
        let verb = try verb()
        try requireScope(verb)
        var authorized = self
        authorized.visibility = try await server.authorize(attributes(verb))
        return try await authorized.carryOut(verb)
    }

    private func carryOut(_ verb: String) async throws -> APIResponse {
        switch path.subresource {
        case "": return try await respond(to: verb)
        case "status" where definition.hasStatus: return try await respond(to: verb)
        case "approval" where definition.hasApproval: return try await respond(to: verb)
        case "scale" where definition.scale != nil: return try await scale(verb)
        case "eviction" where definition.groupKind == Pod.groupKind && verb == "create": return try await evict()
        default: throw APIServer.noSuchPath
        }
    }

    // MARK: What is asked for

    private func verb() throws -> String {
        let isCollection = path.name.isEmpty
        switch request.method {
        case "GET", "HEAD":
            let watches = try path.subresource.isEmpty && request.flag("watch")
            return watches ? "watch" : isCollection ? "list" : "get"
        case "POST" where isCollection || path.subresource == "eviction": return "create"
        case "PUT" where !isCollection: return "update"
        case "PATCH" where !isCollection: return "patch"
        case "DELETE" where isCollection && definition.isDeletedAsCollection: return "deletecollection"
        case "DELETE" where !isCollection && path.subresource.isEmpty: return "delete"
        default:
            throw StatusError(.methodNotAllowed, "the server does not allow this method on the requested resource")
        }
    }

    /// A namespaced object is only reached within its namespace; across namespaces one may list and watch.
    private func requireScope(_ verb: String) throws {
        let reachesAcross = ["list", "watch"].contains(verb)
        if definition.isNamespaced == path.namespace.isEmpty, !(definition.isNamespaced && reachesAcross) {
            throw APIServer.noSuchPath
        }
    }

    private func attributes(_ verb: String) -> RequestAttributes {
        RequestAttributes(
            user: request.user, verb: verb, resource: definition.groupResource, subresource: path.subresource,
            namespace: path.namespace, name: path.name)
    }

    private func respond(to verb: String) async throws -> APIResponse {
        switch verb {
        case "get": return try answer(try await visible(try await service.get(target)))
        case "list": return try await list()
        case "watch": return try await WatchHandler(self).respond()
        case "create": return try answer(try await service.create(try body(), in: target, try context()))
        case "update": return try answer(try await service.update(try body(), at: target, try context()))
        case "patch": return try await patch()
        case "delete": return try await delete()
        default: return try await deleteCollection()
        }
    }

    private func visible(_ object: Unstructured) async throws -> Unstructured {
        guard await visibility.shows(object) else { throw target.notFound }
        return object
    }

    // MARK: Reading

    private func list() async throws -> APIResponse {
        let page = try await server.list(try query(), visibility)
        let json: JSONValue
        switch try Representation.negotiate(request.accept) {
        case .object: json = list(of: page.items, metadata: page.metadata)
        case .table: json = try printer().table(of: page.items, listMetadata: page.metadata)
        case .metadata: json = PartialObjectMetadata.list(page.items, metadata: page.metadata)
        }
        return .json(json)
    }

    private func list(of items: [Unstructured], metadata: JSONValue) -> JSONValue {
        [
            "kind": .string(definition.listKind), "apiVersion": .string(definition.groupVersion.description),
            "metadata": metadata, "items": .array(items.map(\.json)),
        ]
    }

    /// What is listed or watched. A name in the path is a field selector.
    func query() throws -> ListQuery {
        var query = try ListQuery(request, definition, namespace: path.namespace)
        if !path.name.isEmpty {
            query.fields = try FieldSelector(parsing: "metadata.name=\(path.name)", for: definition)
        }
        return query
    }

    func printer() throws -> TablePrinter {
        let include = try IncludeObject(parameter: request.parameter("includeObject"))
        return TablePrinter(definition: definition, now: service.clock.now, includeObject: include)
    }

    // MARK: Writing

    private func patch() async throws -> APIResponse {
        guard let type = PatchType(mediaType: request.contentType), definition.patchTypes.contains(type) else {
            let accepted = definition.patchTypes.map(\.rawValue).joined(separator: ", ")
            throw StatusError(
                .unsupportedMediaType,
                "the body of the request was in an unknown format (\(request.contentType)) - accepted media types "
                    + "include: \(accepted)"
            )
        }
        if type == .apply, request.parameter("fieldManager") == nil {
            throw StatusError(.badRequest, "query parameter fieldManager: is required for apply patch")
        }
        var context = try context()
        // An apply may create what is not there, which takes the right to create.
        if type == .apply {
            let create = attributes("create")
            if await !server.configuration.authorizer.allows(create) { context.createRefusal = create.refusal }
        }
        return try answer(try await service.patch(try request.document(), type, at: target, context))
    }

    private func delete() async throws -> APIResponse {
        let result = try await service.delete(target, try deleteOptions(), try context())
        if !result.isRemoved { return try answer(result) }
        let details: JSONValue = [
            "name": .string(path.name), "group": .string(definition.group), "kind": .string(definition.plural),
            "uid": .string(result.object.uid),
        ]
        return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details])
    }

    private func deleteCollection() async throws -> APIResponse {
        var query = try query()
        query.limit = 0
        let options = try deleteOptions()
        let page = try await server.list(query, visibility)
        for item in page.items {
            let each = Target(definition: definition, namespace: item.namespace, name: item.name)
            do {
                _ = try await service.delete(each, options, try context())
            } catch let error as StatusError where error.reason == .notFound {
                continue  // Somebody else was faster: it is gone, as asked.
            }
        }
        return .json(list(of: page.items, metadata: page.metadata))
    }

    private func deleteOptions() throws -> DeleteOptions {
        var options = request.body.isEmpty ? DeleteOptions() : try DeleteOptions(json: try request.document())
        if let policy = request.parameter("propagationPolicy") {
            options.propagationPolicy = try DeleteOptions(json: ["propagationPolicy": .string(policy)])
                .propagationPolicy
        }
        if try request.isDryRun { options.isDryRun = true }
        return options
    }

    /// Deletes a pod if the budgets that cover it allow.
    private func evict() async throws -> APIResponse {
        let eviction = try request.document()
        let options = try eviction["deleteOptions"].map(DeleteOptions.init(json:)) ?? DeleteOptions()
        try await service.evict(target, options, try context())
        return .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"], status: 201)
    }

    /// `/scale`: the replica count of an object, in a form that every kind shares (autoscaling/v1 Scale).
    private func scale(_ verb: String) async throws -> APIResponse {
        switch verb {
        case "get": return .json(try await service.scale(of: target))
        case "update": return .json(try await service.setScale(try request.document(), of: target, try context()))
        default:
            guard let type = PatchType(mediaType: request.contentType), type != .apply else {
                throw StatusError(.unsupportedMediaType, "a scale takes JSON patches and merge patches")
            }
            return .json(try await service.patchScale(try request.document(), type, of: target, try context()))
        }
    }

    // MARK: Bodies and answers

    private func context() throws -> WriteContext {
        WriteContext(
            user: request.user,
            manager: try ManagedFields.manager(
                fieldManager: request.parameter("fieldManager"), userAgent: request.userAgent),
            validation: try FieldValidation(parameter: request.parameter("fieldValidation")),
            isDryRun: try request.isDryRun, force: try request.flag("force"), subresource: path.subresource)
    }

    private func body() throws -> Unstructured { Unstructured(json: try request.document()) }

    private func answer(_ result: WriteResult) throws -> APIResponse {
        try answer(result.object, status: result.isCreated ? 201 : 200, warnings: result.warnings)
    }

    private func answer(_ object: Unstructured, status: Int = 200, warnings: [String] = []) throws -> APIResponse {
        let json: JSONValue
        switch try Representation.negotiate(request.accept) {
        case .object: json = object.json
        case .table:
            json = try printer().table(of: [object], listMetadata: ["resourceVersion": .string(object.resourceVersion)])
        case .metadata: json = PartialObjectMetadata.object(object)
        }
        return .json(json, status: status, warnings: warnings, objectName: object.name)
    }
}
