public import CorbelAPI

/// Who writes, through what and when.
public struct FieldWriter: Sendable, Hashable {
    public var manager: String
    /// The subresource that is written through, such as `status`; empty for the object itself.
    public var subresource: String
    public var now: Timestamp

    public init(manager: String, subresource: String = "", now: Timestamp) {
        self.manager = manager
        self.subresource = subresource
        self.now = now
    }

    func entry(
        _ operation: ManagedFieldsEntry.Operation, _ fields: FieldSet, of object: Unstructured
    ) -> ManagedFieldsEntry {
        ManagedFieldsEntry(
            manager: manager, operation: operation, apiVersion: object.apiVersion, time: now, subresource: subresource,
            fields: fields)
    }
}

/// Keeps `metadata.managedFields`: which manager has set which fields.
///
/// Source: "Server-Side Apply", section "Field management", of Kubernetes' documentation.
public enum ManagedFields {
    /// The most entries of managers that update. Older ones share the entry of ``ancientManager``.
    public static let updateEntryLimit = 10

    static let ancientManager = "ancient-changes"
    static let managerNameLimit = 128

    /// The entries of an object; one that cannot be read is left out.
    public static func entries(of object: Unstructured) -> [ManagedFieldsEntry] {
        (object.json["metadata", "managedFields"]?.arrayValue ?? []).compactMap(ManagedFieldsEntry.init(json:))
    }

    /// `new` with managed fields that tell of its difference to `old`: the writer owns what the write set, and
    /// whoever owned that before does so no longer.
    ///
    /// A request may bring managed fields itself; empty ones, or what cannot be read, count as none brought. `[{}]`
    /// and null reset them. A write that changes nothing leaves all times as they were.
    public static func trackUpdate(
        from old: Unstructured?, to new: Unstructured, by writer: FieldWriter, definition: ResourceDefinition
    ) -> Unstructured {
        let changes = changes(from: old, to: new, definition)
        var entries = startingEntries(old, new, writer).map { entry in
            var entry = entry
            entry.fields = entry.fields.subtracting(changes.removed)
            if entry.identity != writer.updateIdentity { entry.fields = entry.fields.subtracting(changes.written) }
            return entry
        }
        if !changes.written.isEmpty {
            let own = entries.first { $0.identity == writer.updateIdentity }?.fields ?? FieldSet()
            entries.removeAll { $0.identity == writer.updateIdentity }
            entries.append(writer.entry(.update, own.union(changes.written), of: new))
        }
        return setting(folded(entries), in: new)
    }

    /// The manager of a request: the parameter `fieldManager`, or else the part of the user agent before the `/`.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest` for a name that is too long or cannot be printed.
    public static func manager(fieldManager: String?, userAgent: String?) throws -> String {
        guard let name = fieldManager, !name.isEmpty else {
            let program = (userAgent ?? "").prefix { $0 != "/" }.filter(\.isPrintable)
            return program.isEmpty ? "unknown" : String(program.prefix(managerNameLimit))
        }
        guard name.utf8.count <= managerNameLimit, name.allSatisfy(\.isPrintable) else {
            throw StatusError(
                .badRequest, "fieldManager must have at most \(managerNameLimit) bytes and printable characters only")
        }
        return name
    }

    /// What differs, without what no manager owns.
    static func changes(from old: Unstructured?, to new: Unstructured, _ definition: ResourceDefinition) -> FieldChanges
    {
        var changes = FieldChanges(
            from: old?.json ?? [:], to: new.json, ApplySchema(definition.objectSchema))
        changes.written = owned(changes.written)
        changes.removed = owned(changes.removed)
        return changes
    }

    /// The fields of the set that a manager can own. Identity, and what the server alone sets, belong to nobody.
    static func owned(_ fields: FieldSet) -> FieldSet {
        var result = fields
        result.isMember = false
        result[.field("apiVersion")] = FieldSet()
        result[.field("kind")] = FieldSet()
        var metadata = result[.field("metadata")]
        metadata.isMember = false
        for name in ServerFields.metadata + ["name", "namespace", "generateName", "managedFields"] {
            metadata[.field(name)] = FieldSet()
        }
        result[.field("metadata")] = metadata
        return result
    }

    /// The object with these entries. Those that own nothing are dropped.
    static func setting(_ entries: [ManagedFieldsEntry], in object: Unstructured) -> Unstructured {
        let list = entries.filter { !$0.fields.isEmpty }.sorted().map(\.json)
        var result = object
        result.json["metadata", "managedFields"] = list.isEmpty ? nil : .array(list)
        return result
    }
}

extension ManagedFields {
    /// The entries that a write starts from: those that it brings, or else those that are there.
    private static func startingEntries(
        _ old: Unstructured?, _ new: Unstructured, _ writer: FieldWriter
    ) -> [ManagedFieldsEntry] {
        let present = old.map(entries) ?? []
        guard writer.subresource.isEmpty, let brought = new.json["metadata", "managedFields"] else { return present }
        if brought.isNull || brought == [[:]] { return [] }
        let read = entries(of: new)
        return read.isEmpty || read.count != brought.arrayValue?.count ? present : read
    }

    /// Folds the oldest entries of updating managers into one until there are few enough.
    private static func folded(_ entries: [ManagedFieldsEntry]) -> [ManagedFieldsEntry] {
        let live = entries.filter { !$0.fields.isEmpty }
        let updates = live.filter { $0.operation == .update }.sorted()
        let excess = updates.count - updateEntryLimit
        guard excess > 0, var ancient = updates.first else { return live }
        // Each fold makes one entry of two.
        for entry in updates.prefix(excess + 1).dropFirst() {
            ancient.fields = ancient.fields.union(entry.fields)
            ancient.time = entry.time
        }
        ancient.manager = ancientManager
        ancient.subresource = ""
        return live.filter { $0.operation == .apply } + [ancient] + updates.dropFirst(excess + 1)
    }
}

extension FieldWriter {
    fileprivate var updateIdentity: ManagedFieldsEntry.Identity {
        ManagedFieldsEntry.Identity(manager: manager, operation: .update, subresource: subresource)
    }
}

extension Character {
    fileprivate var isPrintable: Bool {
        unicodeScalars.allSatisfy {
            switch $0.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}
