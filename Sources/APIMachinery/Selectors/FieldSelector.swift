public import CorbelAPI

/// A condition on fields: all requirements must hold.
///
/// Source: "Field Selectors" of Kubernetes' documentation.
public struct FieldSelector: Sendable, Hashable {
    public struct Requirement: Sendable, Hashable {
        public var path: [String]
        public var isEqual: Bool
        public var value: String
    }

    public private(set) var requirements: [Requirement]

    private init(_ requirements: [Requirement]) { self.requirements = requirements }

    public static let everything = FieldSelector([])

    /// Reads the form of the query string, such as `metadata.name=x,involvedObject.uid!=y`. A comma, an equals sign
    /// or a backslash within a value stands behind a backslash.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest`, also for a field that the kind cannot be selected by.
    public init(parsing text: String, for definition: ResourceDefinition) throws {
        let supported = Set(definition.supportedFieldLabels)
        requirements = try Self.terms(of: text).filter { !$0.isEmpty }.map { term in
            let requirement = try Self.requirement(term)
            guard supported.contains(requirement.path) else {
                let label = requirement.path.joined(separator: ".")
                throw StatusError(
                    .badRequest, "field label not supported: \(label)", group: definition.group, kind: definition.kind)
            }
            return requirement
        }
    }

    public func matches(_ object: Unstructured) -> Bool {
        requirements.allSatisfy { (object.json[path: $0.path].selectableText == $0.value) == $0.isEqual }
    }

    /// The one value that the field at `path` must have, if there is one: with the name known, a list need read one
    /// object only.
    public func exactValue(of path: [String]) -> String? {
        requirements.first { $0.isEqual && $0.path == path }?.value
    }

    /// Splits at commas that no backslash precedes.
    private static func terms(of text: String) -> [String] {
        var terms = [""]
        var isEscaped = false
        for character in text {
            if character == "," && !isEscaped {
                terms.append("")
            } else {
                terms[terms.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return terms
    }

    private static func requirement(_ term: String) throws -> Requirement {
        guard let sign = term.firstIndex(of: "=") else { throw malformed(term) }
        let isUnequal = term[..<sign].hasSuffix("!")
        let label = isUnequal ? term[..<sign].dropLast() : term[..<sign]
        var value = term[term.index(after: sign)...]
        if !isUnequal && value.hasPrefix("=") { value = value.dropFirst() }
        guard !label.isEmpty, let value = unescape(value) else { throw malformed(term) }
        let path = label.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return Requirement(path: path, isEqual: !isUnequal, value: value)
    }

    private static func unescape(_ value: Substring) -> String? {
        var result = ""
        var characters = value.makeIterator()
        while let character = characters.next() {
            switch character {
            case "=": return nil
            case "\\":
                guard let escaped = characters.next(), "\\,=".contains(escaped) else { return nil }
                result.append(escaped)
            default: result.append(character)
            }
        }
        return result
    }

    private static func malformed(_ term: String) -> StatusError {
        StatusError(
            .badRequest,
            "invalid field selector \"\(term)\": it must be field=value, field==value or field!=value, "
                + "with '\\' before every ',', '=' and '\\' of the value")
    }
}

extension ResourceDefinition {
    fileprivate var supportedFieldLabels: [[String]] {
        let common = isNamespaced ? [["metadata", "name"], ["metadata", "namespace"]] : [["metadata", "name"]]
        return common + selectableFields
    }
}

extension JSONValue? {
    /// A field's value as a selector compares it: a field that is not there is empty.
    fileprivate var selectableText: String {
        switch self {
        case nil, .null?: ""
        case .string(let text)?: text
        case let value?: value.encodedText
        }
    }
}
