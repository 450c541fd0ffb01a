import CorbelAPI
import Testing

@Suite("The definition of every kind")
struct DefinitionTests {
    private static let kinds = ResourceRegistry.site.definitions.map(\.groupKind)

    private func definition(_ kind: GroupKind) throws -> ResourceDefinition {
        try #require(ResourceRegistry.site[kind])
    }

    @Test("has a schema that agrees with itself", arguments: kinds)
    func schema(kind: GroupKind) throws {
        #expect(SchemaAudit.problems(in: try definition(kind)) == [])
    }

    @Test("describes what its columns show", arguments: kinds)
    func columns(kind: GroupKind) throws {
        let definition = try definition(kind)
        #expect(!definition.columns.isEmpty)
        #expect(Set(definition.columns.map(\.name)).count == definition.columns.count)
        for column in definition.columns { #expect(isSound(column, in: definition), "\(column.name)") }
    }

    private func isSound(_ column: ResourceDefinition.PrinterColumn, in definition: ResourceDefinition) -> Bool {
        let place = { (path: [String]) in SchemaPlace(path, in: definition) }
        switch column.source {
        case .field(let path):
            switch column.type {
            case "integer": return place(path).holds(.integer)
            case "boolean": return place(path).holds(.boolean)
            default:
                let isPlain = place(path).holds(.string, .integer, .boolean, .intOrString)
                return column.type == "string" && (isPlain || isMoment(place(path)))
            }
        case .condition: return column.type == "string" && place(["status", "conditions"]).holds(.array)
        case .age(let path): return ["date", "string"].contains(column.type) && isMoment(place(path))
        case .count(let path): return column.type == "integer" && place(path).holds(.array, .object)
        case .ratio(let part, let whole):
            return column.type == "string" && place(part).holds(.integer) && place(whole).holds(.integer)
        case .seconds(let path): return column.type == "string" && place(path).holds(.integer)
        case .trueConditions(let words, _):
            return place(["status", "conditions"]).holds(.array) && words.values.allSatisfy { place($0).isThere }
        case .joined(let paths): return column.type == "string" && paths.allSatisfy { place($0).holds(.string) }
        case .subjects: return column.type == "string" && place(["subjects"]).holds(.array)
        }
    }

    private func isMoment(_ place: SchemaPlace) -> Bool {
        if case .described(let schema) = place { schema.format == "date-time" } else { place.isThere }
    }

    @Test("describes what can be selected and scaled", arguments: kinds)
    func paths(kind: GroupKind) throws {
        let definition = try definition(kind)
        for path in definition.selectableFields { #expect(SchemaPlace(path, in: definition).isThere, "\(path)") }
        guard let scale = definition.scale else { return }
        #expect(SchemaPlace(scale.specReplicas, in: definition).holds(.integer))
        #expect(SchemaPlace(scale.statusReplicas, in: definition).holds(.integer))
        #expect(scale.selector.map { SchemaPlace($0, in: definition).holds(.string) } != false)
    }

    @Test("describes a status exactly where it has one", arguments: kinds)
    func status(kind: GroupKind) throws {
        let definition = try definition(kind)
        #expect((definition.schema.properties["status"] != nil) == definition.hasStatus)
        #expect(!definition.schema.required.contains("status"))
    }

    @Test("leaves metadata to what every kind has in common", arguments: kinds)
    func common(kind: GroupKind) throws {
        let properties = try definition(kind).schema.properties
        for name in ["apiVersion", "kind", "metadata"] { #expect(properties[name] == nil) }
    }

    @Test("would be found out if it were wrong")
    func audit() {
        let wrong = Schema.object(
            "", required: ["absent"],
            [
                "low": Schema.string("Short.").length(2...3).defaulting(to: "x"),
                "open": .string("Open.").matching("[", "a bracket"),
                "list": .array(
                    "A list.", of: .object("An element.", ["name": .string("Its name.")]), .map(keys: ["id"])),
            ])
        let problems = SchemaAudit.problems(
            in: ResourceDefinition(group: "", version: "v1", kind: "K", plural: "ks", schema: wrong))
        #expect(
            problems == [
                "K requires absent, which it does not describe",
                "K.list has the key id, which its elements do not describe",
                "K.list has the key id, which an element may leave out",
                #"K.low has a default that it refuses: "x""#,
                "K.open has a pattern that is none: [",
                "K.open has a pattern that a part of a text may match",
            ])
    }
}
