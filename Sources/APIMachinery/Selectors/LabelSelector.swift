public import CorbelAPI

/// A condition on labels: all requirements must hold.
///
/// Source: "Labels and Selectors" of Kubernetes' documentation.
public struct LabelSelector: Sendable, Hashable {
    public struct Requirement: Sendable, Hashable {
        public enum Operator: String, Sendable, Hashable, CaseIterable {
            case `in` = "In"
            case notIn = "NotIn"
            case exists = "Exists"
            case doesNotExist = "DoesNotExist"
        }

        public var key: String
        public var `operator`: Operator
        /// What the operators `in` and `notIn` compare with; empty for the others.
        public var values: [String]

        public init(_ key: String, _ operator: Operator, _ values: [String] = []) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// A label that is missing is in no set of values.
        func matches(_ labels: [String: String]) -> Bool {
            switch `operator` {
            case .in: labels[key].map(values.contains) ?? false
            case .notIn: !(labels[key].map(values.contains) ?? false)
            case .exists: labels[key] != nil
            case .doesNotExist: labels[key] == nil
            }
        }
    }

    public var requirements: [Requirement]
    private var matchesNothing = false

    public init(_ requirements: [Requirement]) { self.requirements = requirements }

    public static let everything = LabelSelector([])

    /// What a selector that is not there stands for.
    public static let nothing: LabelSelector = {
        var selector = LabelSelector([])
        selector.matchesNothing = true
        return selector
    }()

    public func matches(_ labels: [String: String]) -> Bool {
        !matchesNothing && requirements.allSatisfy { $0.matches(labels) }
    }
}

extension LabelSelector: CustomStringConvertible {
    /// The form of the query string: what `status.selector` of a scalable kind holds.
    public var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector.Requirement: CustomStringConvertible {
    public var description: String {
        switch `operator` {
        case .in where values.count == 1: "\(key)=\(values[0])"
        case .notIn where values.count == 1: "\(key)!=\(values[0])"
        case .in: "\(key) in (\(values.joined(separator: ",")))"
        case .notIn: "\(key) notin (\(values.joined(separator: ",")))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        }
    }
}

/// What is wrong with the fields of a value.
public struct FieldErrors: Error, Sendable, Hashable {
    public var errors: [FieldError]

    public init(_ errors: [FieldError]) { self.errors = errors }
}

extension LabelSelector {
    /// Reads the form of objects: `matchLabels` and `matchExpressions` (`metav1.LabelSelector`). An empty object
    /// selects everything.
    ///
    /// - Parameter field: the path of the selector, for the errors.
    public init(object: JSONValue, at field: String) throws(FieldErrors) {
        var problems = Self.typeProblems(of: object, at: field)
        var requirements: [Requirement] = []
        for (key, value) in object["matchLabels"]?.objectValue ?? [:] {
            let path = "\(field).matchLabels[\(key)]"
            if let text = value.stringValue {
                requirements.append(Requirement(key, .in, [text]))
            } else {
                problems.append(FieldError(.typeInvalid, path, value: value, "must be a string"))
            }
        }
        for (index, expression) in (object["matchExpressions"]?.arrayValue ?? []).enumerated() {
            switch Requirement.reading(expression, at: "\(field).matchExpressions[\(index)]") {
            case .success(let requirement): requirements.append(requirement)
            case .failure(let problem): problems += problem.errors
            }
        }
        problems += requirements.flatMap { $0.problems(at: field) }
        guard problems.isEmpty else { throw FieldErrors(problems) }
        self.init(requirements)
    }

    /// A part of another type must not read as an empty one: that would select everything.
    private static func typeProblems(of object: JSONValue, at field: String) -> [FieldError] {
        guard object.objectValue != nil else {
            return [FieldError(.typeInvalid, field, value: object, "must be an object")]
        }
        let labels = object["matchLabels"] ?? .null
        let expressions = object["matchExpressions"] ?? .null
        var problems: [FieldError] = []
        if !labels.isNull && labels.objectValue == nil {
            problems.append(FieldError(.typeInvalid, "\(field).matchLabels", value: labels, "must be an object"))
        }
        if !expressions.isNull && expressions.arrayValue == nil {
            problems.append(
                FieldError(.typeInvalid, "\(field).matchExpressions", value: expressions, "must be an array"))
        }
        return problems
    }
}

extension LabelSelector.Requirement {
    fileprivate static func reading(_ json: JSONValue, at path: String) -> Result<Self, FieldErrors> {
        guard let key = json["key"]?.stringValue else { return .failure(FieldErrors([.required("\(path).key")])) }
        guard let found = json["operator"], let name = found.stringValue, let `operator` = Operator(rawValue: name)
        else {
            let known = Operator.allCases.map(\.rawValue).joined(separator: ", ")
            return .failure(
                FieldErrors([
                    FieldError(.notSupported, "\(path).operator", value: json["operator"], "supported values: \(known)")
                ]))
        }
        let values = json["values"]?.stringList ?? []
        let needsValues = `operator` == .in || `operator` == .notIn
        if needsValues && values.isEmpty {
            return .failure(
                FieldErrors([.required("\(path).values", "must be specified when `operator` is 'In' or 'NotIn'")]))
        }
        if !needsValues && !values.isEmpty {
            return .failure(
                FieldErrors([
                    .forbidden("\(path).values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                ]))
        }
        return .success(Self(key, `operator`, values))
    }

    func problems(at field: String) -> [FieldError] {
        var problems: [FieldError] = []
        if let problem = NameSyntax.qualifiedNameProblem(key) {
            problems.append(.invalid(field, .string(key), problem))
        }
        for value in values {
            guard let problem = NameSyntax.labelValueProblem(value) else { continue }
            problems.append(.invalid(field, .string(value), problem))
        }
        return problems
    }
}
