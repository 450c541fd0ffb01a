public import CorbelAPI

/// The forms of a `PATCH` request. The raw value is the media type.
public enum PatchType: String, Sendable, Hashable, CaseIterable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategicMerge = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"

    /// Reads a `Content-Type`; parameters such as `charset` are ignored.
    public init?(mediaType: String) {
        let type = mediaType.prefix { $0 != ";" }.filter { !$0.isWhitespace }
        self.init(rawValue: type.lowercased())
    }
}

extension ResourceDefinition {
    /// The forms that objects of the kind accept. Strategic merge patches need types that the client was compiled with.
    public var patchTypes: [PatchType] {
        isBuiltIn ? PatchType.allCases : [.json, .merge, .apply]
    }
}

extension PatchType {
    /// `document` after the patch `body`. Server-side apply is no function of the two alone: ``ServerSideApply`` does
    /// it.
    ///
    /// - Throws: ``StatusError``: `UnsupportedMediaType` for a form that the kind does not accept, and what the form
    ///   itself throws.
    public func patch(
        _ document: Unstructured, with body: JSONValue, definition: ResourceDefinition
    ) throws -> Unstructured {
        guard self != .apply, definition.patchTypes.contains(self) else { throw Self.unsupported(definition) }
        let result =
            switch self {
            case .json: try JSONPatch.apply(body, to: document.json)
            case .strategicMerge:
                try StrategicMergePatch.apply(body, to: document.json, schema: definition.objectSchema)
            case .merge, .apply: MergePatch.apply(try Self.object(body), to: document.json)
            }
        return Unstructured(json: try Self.object(result))
    }

    private static func object(_ value: JSONValue) throws -> JSONValue {
        guard value.objectValue != nil else {
            throw StatusError(.badRequest, "a patch must describe an object, not \(value.typeName)")
        }
        return value
    }

    private static func unsupported(_ definition: ResourceDefinition) -> StatusError {
        let accepted = definition.patchTypes.map(\.rawValue).joined(separator: ", ")
        return StatusError(
            .unsupportedMediaType,
            "the body of the request was in an unknown format - accepted media types include: \(accepted)")
    }
}
