public import CorbelAPI

extension ResourceDefinition {
    /// What is wrong with an object: its metadata by the rules that all kinds share, the rest by the schema.
    ///
    /// - Parameter old: the object that is replaced, which immutable fields are held against; nil for a new one.
    public func validate(_ object: Unstructured, old: Unstructured? = nil) -> [FieldError] {
        let metadata = object.json["metadata"] ?? [:]
        let ownFields = object.json.withoutTypeAndMetadata
        return MetadataValidation(definition: self, metadata: metadata).errors()
            + Schema.objectMeta.validate(metadata, old: old?.json["metadata"], at: "metadata")
            + schema.validate(ownFields, old: old?.json.withoutTypeAndMetadata, at: "")
    }

    /// Refuses an object that is wrong.
    ///
    /// - Throws: ``StatusError`` of reason `Invalid` naming every field.
    public func requireValid(_ object: Unstructured, old: Unstructured? = nil) throws {
        let errors = validate(object, old: old)
        guard errors.isEmpty else { throw StatusError.invalid(groupKind, object.name, errors) }
    }
}

extension JSONValue {
    fileprivate var withoutTypeAndMetadata: JSONValue {
        var result = self
        for key in ["apiVersion", "kind", "metadata"] { result[key] = nil }
        return result
    }
}
