public import CorbelAPI

/// What is to be done with an object after a write was prepared.
public enum WriteOutcome: Sendable, Hashable {
    case store(Unstructured)
    /// The object is being deleted and nobody holds it any more. The value is its last state.
    case remove(Unstructured)
}

/// The life of an object from its creation to its removal: the metadata that the server keeps, and the rules that
/// every write obeys.
///
/// Source: "API Conventions", section "Metadata", and "Finalizers" of Kubernetes' documentation.
public enum ObjectWriting {
    static let modified =
        "the object has been modified; please apply your changes to the latest version and try again"

    /// A new object with the metadata that the server sets. Its status is dropped where the kind has that subresource.
    ///
    /// - Parameters:
    ///   - namespace: that of the request; empty for kinds that are not namespaced.
    ///   - nameSuffix: what makes a name of `generateName`, where no name is given; lower-case letters and digits.
    /// - Throws: ``StatusError`` of reason `BadRequest` for another namespace than the request's, or a resourceVersion.
    public static func prepareCreate(
        _ object: Unstructured, namespace: String, uid: String, nameSuffix: String, now: Timestamp,
        definition: ResourceDefinition
    ) throws -> Unstructured {
        guard object.resourceVersion.isEmpty else {
            throw StatusError(
                .badRequest, "resourceVersion should not be set on objects to be created", name: object.name)
        }
        var result = try placed(object, in: namespace, definition)
        for name in ServerFields.metadata { result.json["metadata", name] = nil }
        if result.name.isEmpty, let prefix = result.json["metadata", "generateName"]?.stringValue, !prefix.isEmpty {
            // A generated name stays a DNS label, so that it can be the value of a label.
            result.name = prefix.prefix(NameSyntax.labelLimit - nameSuffix.count) + nameSuffix
        }
        result.uid = uid
        result.json["metadata", "creationTimestamp"] = .string(now.rfc3339)
        result.generation = 1
        if definition.hasStatus { result.json["status"] = nil }
        return result
    }

    private static func placed(
        _ object: Unstructured, in namespace: String, _ definition: ResourceDefinition
    ) throws -> Unstructured {
        guard definition.isNamespaced else { return object }
        guard object.namespace.isEmpty || object.namespace == namespace else {
            throw StatusError(
                .badRequest, "the namespace of the provided object does not match the namespace sent on the request")
        }
        var result = object
        result.namespace = namespace
        return result
    }

    /// `new` in place of `old`: with the metadata that only the server sets, with the old status where the kind has
    /// that subresource, and with the next generation where something else than metadata and status differs.
    ///
    /// Equal to `old` where the write changes nothing. Managed fields stay as `new` brings them, for
    /// ``ManagedFields`` to judge.
    ///
    /// - Throws: ``StatusError``: `Conflict` where `new` was made from another state than `old`, `BadRequest` for
    ///   another name or namespace, `Invalid` for a finalizer added to an object that is being deleted.
    public static func prepareUpdate(
        from old: Unstructured, to new: Unstructured, definition: ResourceDefinition
    ) throws -> Unstructured {
        try check(Preconditions(replacing: new), of: old, definition: definition)
        var result = try placed(new, in: old.namespace, definition)
        guard result.name == old.name else {
            throw StatusError(
                .badRequest, "the name of the object (\(new.name)) does not match the name on the URL (\(old.name))")
        }
        for name in ServerFields.metadata { result.json["metadata", name] = old.json["metadata", name] }
        if definition.hasStatus { result.json["status"] = old.json["status"] }
        try checkFinalizers(from: old, to: result, definition)
        if desiredState(of: result) != desiredState(of: old) {
            result.generation = old.generation + 1
        }
        return result
    }

    /// What the generation counts the changes of. A status that has its own subresource is the same on both sides by
    /// then.
    private static func desiredState(of object: Unstructured) -> JSONValue {
        var state = object.json
        state["metadata"] = nil
        return state
    }

    private static func checkFinalizers(
        from old: Unstructured, to new: Unstructured, _ definition: ResourceDefinition
    ) throws {
        guard old.isDeleting else { return }
        let added = new.finalizers.filter { !old.finalizers.contains($0) }
        guard added.isEmpty else {
            let names = added.map { "\"\($0)\"" }.joined(separator: ", ")
            throw StatusError.invalid(
                definition.groupKind, old.name,
                [
                    .forbidden(
                        "metadata.finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers \(names)")
                ])
        }
    }

    /// `old` with the status of `new`, and nothing else of it.
    ///
    /// - Throws: ``StatusError``: `Conflict` as ``prepareUpdate(from:to:definition:)`` does, `NotFound` for kinds
    ///   without that subresource.
    public static func prepareStatusUpdate(
        from old: Unstructured, to new: Unstructured, definition: ResourceDefinition
    ) throws -> Unstructured {
        guard definition.hasStatus else { throw StatusError.notFound(definition.groupResource, old.name) }
        try check(Preconditions(replacing: new), of: old, definition: definition)
        var result = old
        result.json["status"] = new.json["status"]
        return result
    }

    /// Whether a prepared object is to be stored, or is gone with this write.
    public static func outcome(of object: Unstructured) -> WriteOutcome {
        object.isDeleting && !isHeld(object) ? .remove(object) : .store(object)
    }

    /// A namespace has finalizers of a second kind, which hold it until it is empty; a pod that is ending is held until
    /// its kubelet says that it has ended.
    private static func isHeld(_ object: Unstructured) -> Bool {
        if object.isDeleting, TerminationGrace.left(object) > 0 { return true }
        let isNamespace = object.groupKind == GroupKind(APIGroup.core, "Namespace")
        let contentFinalizers = isNamespace ? object.json["spec", "finalizers"]?.arrayValue ?? [] : []
        return !object.finalizers.isEmpty || !contentFinalizers.isEmpty
    }

    /// The object after a request to delete it: gone, or marked as being deleted until its finalizers are.
    ///
    /// Equal to what is stored where the object is being deleted already and nothing new was asked for.
    ///
    /// - Throws: ``StatusError`` of reason `Conflict` for preconditions that do not hold.
    public static func prepareDelete(
        _ old: Unstructured, options: DeleteOptions, now: Timestamp, definition: ResourceDefinition
    ) throws -> WriteOutcome {
        try check(options.preconditions, of: old, definition: definition)
        var result = old
        if let policy = options.propagationPolicy {
            result.finalizers = PropagationPolicy.finalizers(old.finalizers, for: policy)
        }
        let grace = TerminationGrace.seconds(old, options)
        if old.isDeleting {
            TerminationGrace.shorten(&result, to: grace)
            return outcome(of: result)
        }
        guard grace > 0 || isHeld(result) else { return .remove(result) }
        result.json["metadata", "deletionTimestamp"] = .string((now + .seconds(grace)).rfc3339)
        result.json["metadata", "deletionGracePeriodSeconds"] = JSONValue(grace)
        result.generation = old.generation + 1
        return .store(result)
    }

    /// Refuses a write that was meant for another object, or for another state of it.
    ///
    /// - Throws: ``StatusError`` of reason `Conflict`.
    public static func check(
        _ preconditions: Preconditions, of object: Unstructured, definition: ResourceDefinition
    ) throws {
        if let uid = preconditions.uid, uid != object.uid {
            throw StatusError.conflict(
                definition.groupResource, object.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
        }
        if let version = preconditions.resourceVersion, version != object.resourceVersion {
            throw StatusError.conflict(definition.groupResource, object.name, modified)
        }
    }
}
