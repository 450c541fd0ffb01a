public import CorbelAPI

/// What a write does about fields that the schema does not know: the query parameter `fieldValidation`.
public enum FieldValidation: String, Sendable, Hashable, CaseIterable {
    case strict = "Strict"
    case warn = "Warn"
    case ignore = "Ignore"

    /// Reads the parameter; it is `Warn` where it is not given.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`.
    public init(parameter: String?) throws {
        guard let parameter, !parameter.isEmpty else {
            self = .warn
            return
        }
        guard let known = Self(rawValue: parameter) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw StatusError(
                .badRequest, "invalid fieldValidation parameter \"\(parameter)\": supported values are \(names)")
        }
        self = known
    }
}

/// An object without the fields that its schema does not know.
public struct PrunedObject: Sendable, Hashable {
    public var object: Unstructured
    /// The paths of the fields that were dropped, in the order of the object.
    public var unknownFields: [String]

    /// One line a field, as clients print them.
    public var warnings: [String] { unknownFields.map { "unknown field \"\($0)\"" } }
}

extension ResourceDefinition {
    /// Drops the fields that the schema does not know. A null in the metadata, or in a kind of Kubernetes' own,
    /// counts as a field that is left out, because the programs that write those encode empty fields so.
    public func prune(_ object: Unstructured) -> PrunedObject {
        let (pruned, unknown) = objectSchema.prune(object.json, at: "")
        var nullable = isBuiltIn ? objectSchema : Schema.object("", ["metadata": .objectMeta])
        // `managedFields: null` asks for a reset, so it stays.
        nullable.properties["metadata"]?.properties["managedFields"] = nil
        return PrunedObject(object: Unstructured(json: pruned.withoutNulls(below: nullable)), unknownFields: unknown)
    }

    /// Drops unknown fields, or refuses the object because of them.
    ///
    /// - Returns: the object; its ``PrunedObject/warnings`` are for the client unless `validation` is `ignore`.
    /// - Throws: ``StatusError`` of reason `BadRequest` where `validation` is strict and a field is unknown.
    public func admit(_ object: Unstructured, _ validation: FieldValidation) throws -> PrunedObject {
        var pruned = prune(object)
        switch validation {
        case .warn: break
        case .ignore: pruned.unknownFields = []
        case .strict:
            guard pruned.unknownFields.isEmpty else {
                throw StatusError(
                    .badRequest,
                    "\(kind) in version \"\(version)\" cannot be handled as a \(kind): strict decoding error: "
                        + pruned.warnings.joined(separator: ", "), group: group, kind: kind, name: object.name)
            }
        }
        return pruned
    }

    /// The object with the defaults of its schema.
    public func applyDefaults(to object: Unstructured) -> Unstructured {
        Unstructured(json: schema.applyDefaults(to: object.json))
    }

    /// Refuses an object that is of another type than the path says.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`.
    public func requireType(_ object: Unstructured) throws {
        guard object.json.objectValue != nil else {
            throw StatusError(.badRequest, "the body of the request must be an object, not \(object.json.typeName)")
        }
        guard object.apiVersion == groupVersion.description else {
            throw StatusError(
                .badRequest,
                "the API version in the data (\(object.apiVersion)) does not match the expected API version "
                    + "(\(groupVersion))"
            )
        }
        guard object.kind == kind else {
            throw StatusError(
                .badRequest, "the kind in the data (\(object.kind)) does not match the expected kind (\(kind))")
        }
    }
}

extension JSONValue {
    /// The value with no null in the fields that `schema` describes.
    fileprivate func withoutNulls(below schema: Schema) -> JSONValue {
        switch self {
        case .object(let fields) where schema.type == .object:
            var result = fields
            for (key, value) in fields {
                guard let child = schema.child(key) else { continue }
                result[key] = value.isNull ? .none : .some(value.withoutNulls(below: child))
            }
            return .object(result)
        case .array(let elements):
            guard let items = schema.items?.schema else { return self }
            return .array(elements.map { $0.withoutNulls(below: items) })
        default: return self
        }
    }
}
