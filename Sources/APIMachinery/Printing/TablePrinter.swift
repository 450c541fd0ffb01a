public import CorbelAPI

/// What the rows of a table carry of their objects: the query parameter `includeObject`.
public enum IncludeObject: String, Sendable, Hashable, CaseIterable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"

    /// Reads the parameter; it is `Metadata` where it is not given.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`.
    public init(parameter: String?) throws {
        guard let parameter, !parameter.isEmpty else {
            self = .metadata
            return
        }
        guard let known = Self(rawValue: parameter) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw StatusError(
                .badRequest, "unrecognized includeObject value \"\(parameter)\": supported values are \(names)")
        }
        self = known
    }
}

/// Prints objects as the table that kubectl asks servers for (`meta.k8s.io/v1`, kind `Table`).
public struct TablePrinter: Sendable {
    private let definition: ResourceDefinition
    private let now: Timestamp
    private let includeObject: IncludeObject

    /// - Parameter now: the moment that ages are counted to.
    public init(definition: ResourceDefinition, now: Timestamp, includeObject: IncludeObject = .metadata) {
        self.definition = definition
        self.now = now
        self.includeObject = includeObject
    }

    /// The table of `objects`, one row each.
    ///
    /// - Parameters:
    ///   - listMetadata: the metadata of the list, such as its resourceVersion.
    ///   - includesColumns: a watch describes the columns in its first table only.
    public func table(
        of objects: [Unstructured], listMetadata: JSONValue = [:], includesColumns: Bool = true
    ) -> JSONValue {
        [
            "apiVersion": "meta.k8s.io/v1", "kind": "Table", "metadata": listMetadata,
            "columnDefinitions": .array(includesColumns ? columns : []), "rows": .array(objects.map(row)),
        ]
    }

    private var columns: [JSONValue] {
        let name: JSONValue = [
            "name": "Name", "type": "string", "format": "name", "priority": 0, "description": "The name of the object.",
        ]
        return [name]
            + definition.columns.map { column in
                [
                    "name": .string(column.name), "type": .string(column.type), "format": "",
                    "priority": JSONValue(column.priority), "description": .string(column.description),
                ]
            }
    }

    private func row(_ object: Unstructured) -> JSONValue {
        var row: JSONValue = ["cells": .array([.string(object.name)] + definition.columns.map { cell($0, object) })]
        switch includeObject {
        case .none: break
        case .metadata: row["object"] = PartialObjectMetadata.object(object)
        case .object: row["object"] = object.json
        }
        return row
    }

    /// What is not there is null: kubectl leaves the cell empty.
    private func cell(_ column: ResourceDefinition.PrinterColumn, _ object: Unstructured) -> JSONValue {
        switch column.source {
        case .age(let path): age(object.json[path: path])
        case .field(let path) where column.type == "date": age(object.json[path: path])
        case .field(let path): object.json[path: path].map { printed($0, as: column.type) } ?? .null
        case .condition(let type): object.condition(type).map { .string($0.status.rawValue) } ?? .null
        case .count(let path): JSONValue(object.json[path: path]?.elementCount ?? 0)
        case .ratio(let part, let whole): .string("\(number(part, object))/\(number(whole, object))")
        case .seconds(let path):
            object.json[path: path]?.intValue.map { .string(HumanDuration.text(.seconds($0))) } ?? "<none>"
        case .trueConditions(let words, let otherwise): .string(trueConditions(object, words, otherwise))
        case .joined(let paths): .string(paths.map { object.json[path: $0]?.stringValue ?? "" }.joined(separator: "/"))
        case .subjects(let kind): .string(subjects(of: object, kind))
        }
    }

    private func subjects(of object: Unstructured, _ kind: String) -> String {
        RoleBinding(object).subjects.filter { $0.kind.rawValue == kind }.map { subject in
            subject.namespace.isEmpty ? subject.name : "\(subject.namespace)/\(subject.name)"
        }.joined(separator: ", ")
    }

    private func age(_ value: JSONValue?) -> JSONValue {
        guard let value, !value.isNull else { return .null }
        guard let moment = value.stringValue.flatMap(Timestamp.init(rfc3339:)) else { return "<invalid>" }
        return .string(HumanDuration.text(now - moment))
    }

    private func trueConditions(_ object: Unstructured, _ words: [String: [String]], _ otherwise: String) -> String {
        let conditions = object.conditions.filter { $0.status == .isTrue }.map(\.type)
        let reached = words.filter { object.json[path: $0.value].map { !$0.isNull } ?? false }.keys.sorted()
        let all = conditions + reached
        return all.isEmpty ? otherwise : all.joined(separator: ",")
    }

    private func number(_ path: [String], _ object: Unstructured) -> Int { object.json[path: path]?.intValue ?? 0 }

    private func printed(_ value: JSONValue, as type: String) -> JSONValue {
        switch value {
        case .null, .string: value
        case .bool where type == "boolean": value
        case .integer where type == "integer", .integer where type == "number", .double where type == "number": value
        case .array(let elements):
            .string(elements.map { $0.stringValue ?? $0.encodedText }.joined(separator: ","))
        default: .string(value.encodedText)
        }
    }
}

/// The form of objects for clients that only want the metadata (`meta.k8s.io/v1`, kind `PartialObjectMetadata`).
public enum PartialObjectMetadata {
    public static func object(_ object: Unstructured) -> JSONValue {
        [
            "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
            "metadata": object.json["metadata"] ?? [:],
        ]
    }

    /// - Parameter metadata: the metadata of the list, such as its resourceVersion.
    public static func list(_ objects: [Unstructured], metadata: JSONValue) -> JSONValue {
        [
            "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": metadata,
            "items": .array(objects.map(object)),
        ]
    }
}

extension JSONValue {
    fileprivate var elementCount: Int { arrayValue?.count ?? objectValue?.count ?? 0 }
}
