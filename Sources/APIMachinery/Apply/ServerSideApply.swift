public import CorbelAPI

/// Server-side apply: a manager states all fields that it wants, and the server works out the change.
///
/// Source: "Server-Side Apply" of Kubernetes' documentation.
public enum ServerSideApply {
    static let beforeFirstApply = "before-first-apply"

    /// The object after the apply, with its managed fields; equal to `live` where the apply changes nothing.
    ///
    /// Fields that the manager applied before and leaves out now are removed, unless another manager owns them. The
    /// result is still to be defaulted, validated and prepared for the write.
    ///
    /// - Parameters:
    ///   - configuration: all that the manager wants to be set. Through `/status` only its status counts, otherwise
    ///     everything but the status of kinds that have that subresource.
    ///   - live: the object as it is; nil creates one.
    ///   - force: takes fields away from their owners instead of reporting a conflict.
    /// - Throws: ``StatusError``: `Conflict` with one `FieldManagerConflict` cause for each field, `BadRequest` for a
    ///   configuration with managed fields, `Invalid` for a list whose elements cannot be told apart.
    public static func apply(
        _ configuration: Unstructured, to live: Unstructured?, by writer: FieldWriter, force: Bool,
        definition: ResourceDefinition
    ) throws -> Unstructured {
        try check(configuration, against: live, definition)
        let applied = relevantPart(of: configuration, writer, definition)
        let problems = definition.objectSchema.identityProblems(in: applied.json, at: "")
        guard problems.isEmpty else { throw StatusError.invalid(definition.groupKind, configuration.name, problems) }
        return try Application(applied, live, writer, definition).result(force: force)
    }

    private static func check(
        _ configuration: Unstructured, against live: Unstructured?, _ definition: ResourceDefinition
    ) throws {
        let brought = configuration.json["metadata", "managedFields"] ?? .null
        guard brought.isNull || brought == [] else {
            throw StatusError(.badRequest, "metadata.managedFields must be nil", name: configuration.name)
        }
        let preconditions = Preconditions(replacing: configuration)
        if let live {
            try ObjectWriting.check(preconditions, of: live, definition: definition)
        } else if preconditions != Preconditions() {
            throw StatusError.conflict(
                definition.groupResource, configuration.name,
                "uid or resourceVersion is given, but the object does not exist")
        }
    }

    /// The configuration without what the server alone sets, and without what cannot be written through this path.
    private static func relevantPart(
        of configuration: Unstructured, _ writer: FieldWriter, _ definition: ResourceDefinition
    ) -> Unstructured {
        var part = configuration
        if writer.subresource == "status" {
            part.json = configuration.json["status"].map { ["status": $0] } ?? [:]
            return part
        }
        if definition.hasStatus { part.json["status"] = nil }
        for name in ServerFields.metadata + ["managedFields"] { part.json["metadata", name] = nil }
        return part
    }
}

/// One apply, step by step.
private struct Application {
    let applied: Unstructured
    let live: Unstructured?
    let writer: FieldWriter
    let definition: ResourceDefinition
    let schema: ApplySchema
    /// What the manager owns from now on.
    let appliedFields: FieldSet
    /// What the manager owned before.
    let formerFields: FieldSet
    let otherEntries: [ManagedFieldsEntry]

    init(_ applied: Unstructured, _ live: Unstructured?, _ writer: FieldWriter, _ definition: ResourceDefinition) {
        self.applied = applied
        self.live = live
        self.writer = writer
        self.definition = definition
        schema = ApplySchema(definition.objectSchema)
        appliedFields = ManagedFields.owned(schema.fieldSet(of: applied.json))
        let own = ManagedFieldsEntry.Identity(
            manager: writer.manager, operation: .apply, subresource: writer.subresource)
        let entries = live.map { Self.entries(of: $0, writer, definition) } ?? []
        formerFields = entries.first { $0.identity == own }?.fields ?? FieldSet()
        otherEntries = entries.filter { $0.identity != own }
    }

    /// The entries of the live object. One that nobody is known to have written is owned as a whole by a manager of
    /// its own, so that an apply does not change it without a conflict.
    private static func entries(
        of live: Unstructured, _ writer: FieldWriter, _ definition: ResourceDefinition
    ) -> [ManagedFieldsEntry] {
        let known = ManagedFields.entries(of: live)
        guard known.isEmpty else { return known }
        let schema = ApplySchema(definition.objectSchema)
        let everything = ManagedFields.owned(schema.fieldSet(of: live.json, containers: true))
        var past = writer
        past.manager = ServerSideApply.beforeFirstApply
        past.subresource = ""
        return [past.entry(.update, everything, of: live)]
    }

    func result(force: Bool) throws -> Unstructured {
        let merged = merged()
        let changes = ManagedFields.changes(from: live, to: merged, definition)
        let conflicts = otherEntries.sorted().map {
            ApplyConflict(owner: $0, fields: $0.fields.intersection(changes.written))
        }.filter { !$0.fields.isEmpty }
        guard force || conflicts.isEmpty else {
            throw ApplyConflict.error(conflicts, definition, name: merged.name)
        }
        if let live, isUnchanged(merged, live) { return live }
        let others = otherEntries.map { entry in
            var entry = entry
            entry.fields = entry.fields.subtracting(changes.written).subtracting(changes.removed)
            return entry
        }
        return ManagedFields.setting(others + [writer.entry(.apply, appliedFields, of: merged)], in: merged)
    }

    private func isUnchanged(_ merged: Unstructured, _ live: Unstructured) -> Bool {
        merged == live && appliedFields == formerFields
    }

    private func merged() -> Unstructured {
        let base = live ?? Unstructured(json: [:])
        let merged = schema.merge(applied.json, into: base.json)
        let kept = otherEntries.reduce(appliedFields) { $0.union($1.fields) }
        let pruned = schema.remove(formerFields, keeping: kept.union(.leaf), from: merged) ?? merged
        return Unstructured(json: pruned)
    }
}
