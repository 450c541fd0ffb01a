import CorbelAPI

/// What differs between two states of an object, as sets of fields.
struct FieldChanges {
    /// Fields that are new or have another value.
    var written = FieldSet()
    var removed = FieldSet()

    init() {}

    init(from old: JSONValue, to new: JSONValue, _ schema: ApplySchema) {
        guard old != new else { return }
        switch (schema.granularity(of: old), schema.granularity(of: new)) {
        case (.fields(let before), .fields(let after)):
            compare(
                before.map { (.field($0.key), $0.value) }, after.map { (.field($0.key), $0.value) }, schema)
        case (.elements(let before), .elements(let after)):
            compare(before, after, schema)
        default:
            written = schema.fieldSet(of: new, containers: true).union(.leaf)
            removed = schema.fieldSet(of: old, containers: true).subtracting(written)
        }
    }

    private typealias Parts = [(element: PathElement, value: JSONValue)]

    private mutating func compare(_ before: Parts, _ after: Parts, _ schema: ApplySchema) {
        let old = Dictionary(before.map { ($0.element, $0.value) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.map { ($0.element, $0.value) }, uniquingKeysWith: { first, _ in first })
        for (element, value) in after {
            let child = schema.child(element)
            guard let previous = old[element] else {
                written[element] = child.fieldSet(of: value, containers: true).union(.leaf)
                continue
            }
            let changes = FieldChanges(from: previous, to: value, child)
            written[element] = changes.written
            removed[element] = changes.removed
        }
        for (element, value) in before where new[element] == nil {
            removed[element] = schema.child(element).fieldSet(of: value, containers: true).union(.leaf)
        }
    }
}
