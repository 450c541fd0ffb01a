import CorbelAPI

/// Fields that an apply would change although another manager owns them.
struct ApplyConflict {
    let owner: ManagedFieldsEntry
    let fields: FieldSet

    /// The error that lists all conflicts, one cause a field.
    static func error(_ conflicts: [ApplyConflict], _ definition: ResourceDefinition, name: String) -> StatusError {
        let causes = conflicts.flatMap(\.causes)
        let noun = causes.count == 1 ? "conflict" : "conflicts"
        let details = conflicts.map(\.summary).joined(separator: "\n")
        return StatusError(
            .conflict, "Apply failed with \(causes.count) \(noun): \(details)", causes: causes, group: definition.group,
            kind: definition.plural, name: name)
    }

    private var fieldNames: [String] { fields.paths.map { $0.map(\.description).joined() } }

    private var summary: String {
        let names = fieldNames
        guard names.count > 1 else { return "conflict with \(ownerName): \(names.joined())" }
        return "conflicts with \(ownerName):\n" + names.map { "- \($0)" }.joined(separator: "\n")
    }

    private var causes: [StatusError.Cause] {
        fieldNames.map {
            StatusError.Cause(reason: "FieldManagerConflict", message: "conflict with \(ownerName)", field: $0)
        }
    }

    /// An applier goes by its name alone; an updater, of which there may be several of one name, by all that is known.
    private var ownerName: String {
        var text = "\"\(owner.manager)\""
        if !owner.subresource.isEmpty { text += " with subresource \"\(owner.subresource)\"" }
        guard owner.operation == .update else { return text }
        text += " using \(owner.apiVersion)"
        if let time = owner.time { text += " at \(time.rfc3339)" }
        return text
    }
}
