import APIMachinery
import CorbelAPI
import ResourceClient
import ResourceStore

/// A client of a server in the same process: the same rules, authorization included, without encoding anything.
struct InProcessClient: ResourceClient {
    let server: APIServer
    let user: UserInfo

    private var service: ResourceService { server.service }

    func get(_ key: ObjectKey) async throws -> Unstructured {
        let (target, visibility) = try await authorized(key, "get")
        let object = try await service.get(target)
        guard await visibility.shows(object) else { throw target.notFound }
        return object
    }

    func list(_ kind: GroupKind, _ options: ListOptions) async throws -> ResourceList {
        let (query, visibility) = try await query(kind, options, "list")
        let page = try await server.list(query, visibility)
        return ResourceList(
            items: page.items, resourceVersion: page.revision.resourceVersion,
            continueToken: page.continuation?.token ?? "")
    }

    func watch(_ kind: GroupKind, _ options: ListOptions) async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        let (query, visibility) = try await query(kind, options, "watch")
        guard let revision = query.resourceVersion else { throw StatusError.watchWithoutRevision }
        let changes = try await service.watch(query, from: revision)
        let events = VisibleEvents(changes: changes, query: query, server: server, visibility: visibility)
        return AsyncThrowingStream(unfolding: { try await events.next() })
    }

    func create(_ object: Unstructured, _ options: WriteOptions) async throws -> Unstructured {
        try await service.create(
            object, in: try await target(object.key, "create"), context(options, nil)
        ).object
    }

    func update(
        _ object: Unstructured, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        let target = try await target(object.key, "update", subresource)
        return try await service.update(object, at: target, context(options, subresource)).object
    }

    func patch(
        _ key: ObjectKey, _ type: PatchType, _ body: JSONValue, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        let target = try await target(key, "patch", subresource)
        if subresource == .scale {
            return Unstructured(json: try await service.patchScale(body, type, of: target, context(options, nil)))
        }
        return try await service.patch(body, type, at: target, context(options, subresource)).object
    }

    func delete(_ key: ObjectKey, _ options: DeleteOptions) async throws {
        let target = try await target(key, "delete")
        _ = try await service.delete(target, options, context(WriteOptions(fieldManager: user.name), nil))
    }

    func evict(_ pod: ObjectKey, _ options: DeleteOptions) async throws {
        let target = try await target(pod, "create", part: "eviction")
        try await service.evict(target, options, context(WriteOptions(fieldManager: user.name), nil))
    }

    // MARK: Requests

    private func target(_ key: ObjectKey, _ verb: String, _ subresource: Subresource? = nil) async throws -> Target {
        try await target(key, verb, part: subresource?.rawValue ?? "")
    }

    private func target(_ key: ObjectKey, _ verb: String, part subresource: String) async throws -> Target {
        try await authorized(key, verb, part: subresource).target
    }

    private func authorized(
        _ key: ObjectKey, _ verb: String, part subresource: String = ""
    ) async throws -> (target: Target, visibility: Visibility) {
        let definition = try definition(of: key.kind)
        // A slash would reach into another namespace of the store, past the authorization.
        guard !key.name.contains("/"), !key.namespace.contains("/"), definition.isNamespaced != key.namespace.isEmpty
        else {
            throw StatusError.notFound(definition.groupResource, key.name)
        }
        let visibility = try await server.authorize(
            RequestAttributes(
                user: user, verb: verb, resource: definition.groupResource, subresource: subresource,
                namespace: key.namespace, name: key.name))
        return (Target(definition: definition, namespace: key.namespace, name: key.name), visibility)
    }

    private func query(
        _ kind: GroupKind, _ options: ListOptions, _ verb: String
    ) async throws -> (ListQuery, Visibility) {
        let definition = try definition(of: kind)
        let namespace = options.namespace ?? ""
        let visibility = try await server.authorize(
            RequestAttributes(user: user, verb: verb, resource: definition.groupResource, namespace: namespace))
        var query = ListQuery(definition: definition, namespace: namespace)
        query.labels = options.labelSelector.isEmpty ? .everything : try LabelSelector(parsing: options.labelSelector)
        query.fields =
            options.fieldSelector.isEmpty
            ? .everything : try FieldSelector(parsing: options.fieldSelector, for: definition)
        query.limit = options.limit
        query.continuation = options.continueToken.isEmpty ? nil : try Continuation(token: options.continueToken)
        query.resourceVersion = try options.resourceVersion.isEmpty ? nil : ListQuery.revision(options.resourceVersion)
        return (query, visibility)
    }

    private func definition(of kind: GroupKind) throws -> ResourceDefinition {
        guard let definition = server.configuration.registry[kind] else {
            throw StatusError(.notFound, "this server does not know the kind \(kind)")
        }
        return definition
    }

    private func context(_ options: WriteOptions, _ subresource: Subresource?) -> WriteContext {
        WriteContext(
            user: user, manager: options.fieldManager, validation: options.validation ?? .warn,
            isDryRun: options.isDryRun, force: options.force,
            subresource: subresource?.rawValue ?? "")
    }
}

/// The events of a watch that a user may see, pulled one by one.
private struct VisibleEvents: Sendable {
    let changes: StoreWatch
    let query: ListQuery
    let server: APIServer
    let visibility: Visibility

    func next() async throws -> WatchEvent? {
        let iterator = changes.makeAsyncIterator()
        while let change = try await iterator.next() {
            let event = try await server.service.event(of: change, query) { object in
                await visibility.shows(object)
            }
            if let event { return event }
        }
        return nil
    }
}
