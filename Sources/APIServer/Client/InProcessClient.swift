import APIMachinery
import CorbelAPI
import ResourceClient

/// A client of a server in the same process: the same rules, authorization included, without encoding anything.
struct InProcessClient: ResourceClient {
    let server: APIServer
    let user: UserInfo

    private var service: ResourceService { server.service }

    func get(_ key: ObjectKey) async throws -> Unstructured {
        let target = try await target(key, "get")
        let object = try await service.get(target)
        guard server.configuration.authorizer.maySee(object, user: user) else { throw target.notFound }
        return object
    }

    func list(_ kind: GroupKind, _ options: ListOptions) async throws -> ResourceList {
        let page = try await service.list(try await query(kind, options, "list"))
        let authorizer = server.configuration.authorizer
        return ResourceList(
            items: page.items.filter { authorizer.maySee($0, user: user) }, resourceVersion: String(page.revision),
            continueToken: page.continuation?.token ?? "")
    }

    func watch(_ kind: GroupKind, _ options: ListOptions) async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        let query = try await query(kind, options, "watch")
        let events = VisibleEvents(
            events: try await service.watch(query, from: query.resourceVersion ?? 0), authorizer: server.configuration.authorizer,
            user: user)
        return AsyncThrowingStream { try await events.next() }
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
        return try await service.patch(body, type, at: target, context(options, subresource)).object
    }

    func delete(_ key: ObjectKey, _ options: DeleteOptions) async throws {
        let target = try await target(key, "delete")
        _ = try await service.delete(target, options, context(WriteOptions(fieldManager: user.name), nil))
    }

    func evict(_ pod: ObjectKey, _ options: DeleteOptions) async throws {
        let target = try await target(pod, "create")
        try await EvictionBudget(service: service).consume(for: Pod(try await service.get(target)))
        _ = try await service.delete(target, options, context(WriteOptions(fieldManager: user.name), nil))
    }

    // MARK: Requests

    private func target(_ key: ObjectKey, _ verb: String, _ subresource: Subresource? = nil) async throws -> Target {
        let definition = try definition(of: key.kind)
        try await authorize(
            RequestAttributes(
                user: user, verb: verb, resource: definition.groupResource, subresource: subresource?.rawValue ?? "",
                namespace: key.namespace, name: key.name))
        return Target(definition: definition, namespace: key.namespace, name: key.name)
    }

    private func query(_ kind: GroupKind, _ options: ListOptions, _ verb: String) async throws -> ListQuery {
        let definition = try definition(of: kind)
        let namespace = options.namespace ?? ""
        try await authorize(
            RequestAttributes(user: user, verb: verb, resource: definition.groupResource, namespace: namespace))
        var query = ListQuery(definition: definition, namespace: namespace)
        query.labels = options.labelSelector.isEmpty ? .everything : try LabelSelector(parsing: options.labelSelector)
        query.fields =
            options.fieldSelector.isEmpty ? .everything : try FieldSelector(parsing: options.fieldSelector, for: definition)
        query.limit = options.limit
        query.continuation = options.continueToken.isEmpty ? nil : try Continuation(token: options.continueToken)
        query.resourceVersion = Int64(options.resourceVersion)
        return query
    }

    private func definition(of kind: GroupKind) throws -> ResourceDefinition {
        guard let definition = server.configuration.registry[kind] else {
            throw StatusError(.notFound, "this server does not know the kind \(kind)")
        }
        return definition
    }

    private func authorize(_ attributes: RequestAttributes) async throws {
        guard await server.configuration.authorizer.allows(attributes) else { throw attributes.refusal }
    }

    private func context(_ options: WriteOptions, _ subresource: Subresource?) -> WriteContext {
        WriteContext(
            user: user, manager: options.fieldManager, isDryRun: options.isDryRun, force: options.force,
            subresource: subresource?.rawValue ?? "")
    }
}

/// The events that a user may see, pulled one by one. A stream's iterator has state that outlives a call: hence an actor.
private actor VisibleEvents<Events: AsyncSequence & Sendable> where Events.Element == WatchEvent {
    private var iterator: Events.AsyncIterator?
    private let authorizer: any Authorizer
    private let user: UserInfo

    init(events: Events, authorizer: any Authorizer, user: UserInfo) {
        iterator = events.makeAsyncIterator()
        self.authorizer = authorizer
        self.user = user
    }

    func next() async throws -> WatchEvent? {
        guard var iterator else { return nil }
        self.iterator = nil
        defer { self.iterator = iterator }
        while let event = try await iterator.next(isolation: self) {
            switch event {
            case .bookmark: return event
            case .added(let object), .modified(let object), .deleted(let object):
                if authorizer.maySee(object, user: user) { return event }
            }
        }
        return nil
    }
}
