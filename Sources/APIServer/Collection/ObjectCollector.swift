import APIMachinery
import CorbelAPI
import Effects
public import Logging
import ResourceStore

/// Takes away what nobody holds any more: dependents whose owners are gone (Kubernetes' garbage collector), and the
/// content of namespaces that are being deleted (its namespace controller).
///
/// What is due is decided by pure functions over everything that is stored. A pass is made after something has changed,
/// at most once a second and for at most a twentieth of the time, and repeated until it finds nothing to do.
public struct ObjectCollector: Sendable {
    /// How much longer it rests than it works.
    private static let rest = 20

    private let server: APIServer
    private let logger: Logger

    public init(server: APIServer, logger: Logger) {
        self.server = server
        self.logger = logger
    }

    private var service: ResourceService { server.service }

    private let context = WriteContext(
        user: UserInfo(name: "system:object-collector", groups: [UserInfo.mastersGroup]), manager: "object-collector")

    /// Runs until it is cancelled.
    public func run() async throws {
        var seen: StoreRevision?
        while true {
            let began = service.clock.uptime
            do {
                let revision = try await service.store.currentRevision()
                if revision != seen {
                    try await pass()
                    seen = revision
                }
            } catch let error as StatusError {
                logger.warning("collection rests: \(error.message); trying again")
            }
            let effort = service.clock.uptime - began
            try await service.clock.sleep(for: min(max(.seconds(1), effort * Self.rest), .seconds(30)))
        }
    }

    /// One look at everything.
    public func pass() async throws {
        var objects: [Unstructured] = []
        for definition in server.configuration.registry.definitions {
            objects += try await service.list(ListQuery(definition: definition, namespace: "")).items
        }
        let kinds = Set(server.configuration.registry.definitions.map(\.groupKind))
        for action in GarbageCollection.actions(for: objects.map(OwnershipNode.init), servedKinds: kinds) {
            try await tolerating { try await carryOut(action) }
        }
        for namespace in objects where namespace.groupKind == Namespace.groupKind && namespace.isDeleting {
            try await empty(namespace, objects.filter { $0.namespace == namespace.name })
        }
    }

    private func carryOut(_ action: CollectionAction) async throws {
        switch action {
        case .delete(let key, let uid, let policy):
            var options = DeleteOptions()
            options.preconditions.uid = uid
            options.propagationPolicy = policy
            _ = try await service.delete(try target(key), options, context)
        case .removeOwners(let key, let uid, let owners):
            try await change(key, uid) { object in
                object.ownerReferences = object.ownerReferences.filter { !owners.contains($0.uid) }
            }
        case .removeFinalizer(let key, let uid, let finalizer):
            try await change(key, uid) { object in object.finalizers = object.finalizers.filter { $0 != finalizer } }
        }
    }

    /// Deletes what is in a namespace, and lets the namespace go when nothing is.
    private func empty(_ namespace: Unstructured, _ content: [Unstructured]) async throws {
        for object in content where !object.isDeleting {
            var options = DeleteOptions()
            options.preconditions.uid = object.uid
            try await tolerating { _ = try await service.delete(try target(object.key), options, context) }
        }
        guard content.isEmpty else { return }
        try await tolerating {
            try await change(namespace.key, namespace.uid, NamespaceAdmission.finalize) { object in
                let held = object.json["spec", "finalizers"]?.stringList ?? []
                object.json["spec", "finalizers"] = JSONValue(held.filter { $0 != NamespaceAdmission.finalizer })
            }
        }
    }

    private func change(
        _ key: ObjectKey, _ uid: String, _ subresource: String = "", _ body: (inout Unstructured) -> Void
    ) async throws {
        var context = context
        context.subresource = subresource
        let target = try target(key)
        var object = try await service.get(target)
        guard object.uid == uid else { return }
        body(&object)
        _ = try await service.update(object, at: target, context)
    }

    private func target(_ key: ObjectKey) throws -> Target {
        guard let definition = server.configuration.registry[key.kind] else {
            throw StatusError(.notFound, "this server does not know the kind \(key.kind)")
        }
        return Target(definition: definition, namespace: key.namespace, name: key.name)
    }

    /// Carries on where somebody else was faster: the next pass sees what is true then.
    private func tolerating(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as StatusError where error.reason == .notFound || error.reason == .conflict {
            logger.debug("collection: \(error.message)")
        }
    }
}
