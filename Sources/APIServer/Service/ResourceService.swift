import APIMachinery
import CorbelAPI
import Effects
import ResourceStore

/// The verbs of the Kubernetes API over a store: what a request means, once it is known who sends it and what it names.
///
/// Every write is a compare-and-swap on the revision that it was computed from, and is computed anew when it loses;
/// rules are pure functions of `APIMachinery`. Objects are stored without their resourceVersion, which is the revision
/// of the write.
struct ResourceService: Sendable {
    let store: any ResourceStore
    let registry: ResourceRegistry
    let plugins: [any AdmissionPlugin]
    let clock: any TimeSource
    let random: any RandomSource
    let keys: StoreKeys

    /// How often a write that does not insist on a revision is computed anew before the server gives up.
    static let attempts = 32

    // MARK: Reading

    func get(_ target: Target) async throws -> Unstructured {
        guard let entry = try await store.get(keys.key(of: target)) else { throw target.notFound }
        return try decode(entry)
    }

    func decode(_ entry: StoreEntry) throws -> Unstructured {
        var object = Unstructured(json: try JSONValue(parsing: entry.value))
        object.resourceVersion = entry.revision.resourceVersion
        return object
    }

    // MARK: Creating

    func create(_ object: Unstructured, in target: Target, _ context: WriteContext) async throws -> WriteResult {
        let definition = target.definition
        try definition.requireType(object)
        let admitted = try definition.admit(object, context.validation)
        for _ in 0..<Self.attempts {
            let prepared = try ObjectWriting.prepareCreate(
                admitted.object, namespace: target.namespace, uid: random.uuid(), nameSuffix: random.nameSuffix(),
                now: clock.now, definition: definition)
            try await requireNamespace(of: prepared, definition: definition)
            let (complete, warnings) = try await finish(prepared, over: nil, definition, context)
            let tracked = ManagedFields.trackUpdate(
                from: nil, to: complete, by: writer(context), definition: definition)
            let result = WriteResult(object: tracked, isCreated: true, warnings: admitted.warnings + warnings)
            switch try await put(tracked, expecting: nil, definition, context) {
            case .stored(let stored): return result.with(stored)
            case .mismatch where object.name.isEmpty: continue
            case .mismatch: throw StatusError.alreadyExists(definition.groupResource, prepared.name)
            }
        }
        throw StatusError(.alreadyExists, "no free name was found for generateName", retryAfter: .seconds(1))
    }

    /// Refuses to create an object in a namespace that is not there, or that is being deleted.
    private func requireNamespace(of object: Unstructured, definition: ResourceDefinition) async throws {
        guard definition.isNamespaced else { return }
        let target = Target(definition: Namespace.definition, namespace: "", name: object.namespace)
        let namespace = try await get(target)
        guard !namespace.isDeleting else {
            throw StatusError(
                .forbidden,
                "\(definition.groupResource) \"\(object.name)\" is forbidden: unable to create new content in "
                    + "namespace "
                    + "\(object.namespace) because it is being terminated",
                causes: [
                    .init(reason: "NamespaceTerminating", message: "namespace \(object.namespace) is being terminated")
                ],
                group: definition.group, kind: definition.plural, name: object.name)
        }
    }

    // MARK: Changing

    /// Replaces the object, or the part of it that the context's subresource names.
    func update(_ object: Unstructured, at target: Target, _ context: WriteContext) async throws -> WriteResult {
        try target.definition.requireType(object)
        try target.requireName(of: object)
        let admitted = try target.definition.admit(object, context.validation)
        let insists = !object.resourceVersion.isEmpty
        return try await change(target, context, insistsOnRevision: insists) { old in
            Change(object: admitted.object, warnings: admitted.warnings)
        }
    }

    func patch(
        _ body: JSONValue, _ type: PatchType, at target: Target, _ context: WriteContext
    ) async throws -> WriteResult {
        if type == .apply { return try await apply(Unstructured(json: body), at: target, context) }
        let insists = body["metadata", "resourceVersion"]?.stringValue != nil
        return try await change(target, context, insistsOnRevision: insists) { old in
            let patched = try type.patch(old, with: body, definition: target.definition)
            try target.requireName(of: patched)
            let admitted = try target.definition.admit(patched, context.validation)
            return Change(object: admitted.object, warnings: admitted.warnings)
        }
    }

    /// Server-side apply: creates the object where there is none.
    private func apply(_ body: Unstructured, at target: Target, _ context: WriteContext) async throws -> WriteResult {
        let definition = target.definition
        try definition.requireType(body)
        var configuration = try definition.admit(body, context.validation)
        if configuration.object.name.isEmpty { configuration.object.name = target.name }
        try target.requireName(of: configuration.object)
        let writer = writer(context)
        if try await store.get(keys.key(of: target)) == nil, context.subresource.isEmpty {
            let applied = try ServerSideApply.apply(
                configuration.object, to: nil, by: writer, force: context.force, definition: definition)
            do {
                return try await createApplied(applied, at: target, context, warnings: configuration.warnings)
            } catch let error as StatusError where error.reason == .alreadyExists {
                // Somebody else created it in the meantime: apply to theirs.
            }
        }
        return try await change(target, context, insistsOnRevision: !body.resourceVersion.isEmpty) { old in
            let applied = try ServerSideApply.apply(
                configuration.object, to: old, by: writer, force: context.force, definition: definition)
            return Change(object: applied, warnings: configuration.warnings, isTracked: true)
        }
    }

    private func createApplied(
        _ applied: Unstructured, at target: Target, _ context: WriteContext, warnings: [String]
    ) async throws -> WriteResult {
        if let refusal = context.createRefusal { throw refusal }
        let definition = target.definition
        let prepared = try ObjectWriting.prepareCreate(
            applied, namespace: target.namespace, uid: random.uuid(), nameSuffix: random.nameSuffix(), now: clock.now,
            definition: definition)
        try await requireNamespace(of: prepared, definition: definition)
        var (complete, further) = try await finish(prepared, over: nil, definition, context)
        complete.json["metadata", "managedFields"] = applied.json["metadata", "managedFields"]
        guard case .stored(let stored) = try await put(complete, expecting: nil, definition, context) else {
            throw StatusError.alreadyExists(definition.groupResource, target.name)
        }
        return WriteResult(object: stored, isCreated: true, warnings: warnings + further)
    }

    /// What a change makes of an object.
    struct Change {
        var object: Unstructured
        var warnings: [String] = []
        /// Whether managedFields are up to date already.
        var isTracked = false
    }

    /// Computes a change over the object as it stands and stores it; computes it anew when somebody else was faster,
    /// unless the client insists on a revision.
    func change(
        _ target: Target, _ context: WriteContext, insistsOnRevision: Bool, _ body: (Unstructured) throws -> Change
    ) async throws -> WriteResult {
        for _ in 0..<Self.attempts {
            let old = try await get(target)
            let change = try body(old)
            let (object, warnings) = try await complete(change, over: old, target.definition, context)
            let result = WriteResult(object: object, warnings: change.warnings + warnings)
            if object == old { return result }
            switch ObjectWriting.outcome(of: object) {
            case .remove(let last):
                guard try await remove(last, target, context) else { break }
                return WriteResult(object: last, isRemoved: true, warnings: result.warnings)
            case .store(let object):
                if case .stored(let stored) = try await put(object, expecting: old, target.definition, context) {
                    return result.with(stored)
                }
            }
            if insistsOnRevision { throw target.modified }
        }
        throw target.modified
    }

    /// The object to store: the change with what the server keeps of the old object, completed, checked and tracked.
    private func complete(
        _ change: Change, over old: Unstructured, _ definition: ResourceDefinition, _ context: WriteContext
    ) async throws -> (Unstructured, [String]) {
        // Defaults come first: a default that was left out and filled in again is no change of the generation.
        let wanted = definition.applyDefaults(to: change.object)
        let prepared =
            context.subresource == "status" || (context.subresource == "approval" && definition.hasApproval)
            ? try ObjectWriting.prepareStatusUpdate(from: old, to: wanted, definition: definition)
            : try ObjectWriting.prepareUpdate(from: old, to: wanted, definition: definition)
        let (finished, warnings) = try await finish(prepared, over: old, definition, context)
        if change.isTracked { return (finished, warnings) }
        return (
            ManagedFields.trackUpdate(from: old, to: finished, by: writer(context), definition: definition), warnings
        )
    }

    /// Defaults, admission and validation.
    private func finish(
        _ object: Unstructured, over old: Unstructured?, _ definition: ResourceDefinition, _ context: WriteContext
    ) async throws -> (Unstructured, [String]) {
        var request = AdmissionRequest(
            object: definition.applyDefaults(to: object), old: old, subresource: context.subresource,
            user: context.user,
            now: clock.now, definition: definition)
        var warnings: [String] = []
        for plugin in plugins where plugin.kinds?.contains(definition.groupKind) ?? true {
            request.object = try await plugin.admit(request)
            warnings += plugin.warnings(request)
        }
        try definition.requireValid(request.object, old: old)
        return (request.object, warnings)
    }

    private func writer(_ context: WriteContext) -> FieldWriter {
        let subresource = context.subresource == "scale" ? "" : context.subresource
        return FieldWriter(manager: context.manager, subresource: subresource, now: clock.now)
    }

    // MARK: Deleting

    func delete(_ target: Target, _ options: DeleteOptions, _ context: WriteContext) async throws -> WriteResult {
        try NamespaceAdmission.requireDeletable(target)
        var context = context
        context.isDryRun = context.isDryRun || options.isDryRun
        for _ in 0..<Self.attempts {
            let old = try await get(target)
            let outcome = try ObjectWriting.prepareDelete(
                old, options: options, now: clock.now, definition: target.definition)
            switch outcome {
            case .remove(let last):
                if try await remove(last, target, context) { return WriteResult(object: last, isRemoved: true) }
            case .store(let marked):
                if marked == old { return WriteResult(object: old) }
                let (finished, _) = try await finish(marked, over: old, target.definition, context)
                if case .stored(let stored) = try await put(finished, expecting: old, target.definition, context) {
                    return WriteResult(object: stored)
                }
            }
            if options.preconditions.resourceVersion != nil { throw target.modified }
        }
        throw target.modified
    }

    // MARK: The store

    enum PutResult {
        case stored(Unstructured)
        case mismatch
    }

    /// Stores the object over exactly `old`, or over nothing. A dry run only looks whether it could.
    private func put(
        _ object: Unstructured, expecting old: Unstructured?, _ definition: ResourceDefinition, _ context: WriteContext
    ) async throws -> PutResult {
        let key = keys.key(of: Target(definition: definition, namespace: object.namespace, name: object.name))
        if context.isDryRun {
            let isThere = try await store.get(key) != nil
            return isThere == (old != nil) ? .stored(object) : .mismatch
        }
        var stored = object
        stored.resourceVersion = ""
        let expectation = try old.map { StoreExpectation.revision(try $0.storeRevision) } ?? .absent
        switch try await store.put(key, stored.json.encoded, expecting: expectation) {
        case .committed(let revision):
            stored.resourceVersion = revision.resourceVersion
            return .stored(stored)
        case .mismatch: return .mismatch
        }
    }

    private func remove(_ object: Unstructured, _ target: Target, _ context: WriteContext) async throws -> Bool {
        if context.isDryRun { return true }
        switch try await store.delete(keys.key(of: target), expecting: try object.storeRevision) {
        case .committed: return true
        case .mismatch: return false
        }
    }
}

extension Unstructured {
    /// The revision that the object was read at.
    fileprivate var storeRevision: StoreRevision {
        get throws {
            guard let revision = StoreRevision(resourceVersion: resourceVersion) else {
                throw StatusError(
                    .badRequest, "metadata.resourceVersion: \"\(resourceVersion)\" is no revision of this server")
            }
            return revision
        }
    }
}

extension WriteResult {
    fileprivate func with(_ object: Unstructured) -> WriteResult {
        var result = self
        result.object = object
        return result
    }
}

extension Target {
    var notFound: StatusError { .notFound(definition.groupResource, name) }

    var modified: StatusError {
        .conflict(
            definition.groupResource, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    /// The name in the body must be the one in the path.
    func requireName(of object: Unstructured) throws {
        guard object.name == name else {
            throw StatusError(
                .badRequest, "the name of the object (\(object.name)) does not match the name on the URL (\(name))")
        }
        guard object.namespace.isEmpty || object.namespace == namespace else {
            throw StatusError(
                .badRequest,
                "the namespace of the object (\(object.namespace)) does not match the namespace on the URL "
                    + "(\(namespace))"
            )
        }
    }
}
