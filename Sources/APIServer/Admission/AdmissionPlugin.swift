public import CorbelAPI

/// A check, or a completion, that the schema of a kind cannot express. It is asked for every write that is not a
/// deletion, after defaulting and before validation.
public protocol AdmissionPlugin: Sendable {
    /// The kinds that it is asked about; `nil` is every kind.
    var kinds: Set<GroupKind>? { get }

    /// The object to store: `request.object`, or what becomes of it.
    ///
    /// - Throws: a `StatusError` that names the field, the value and what is allowed.
    func admit(_ request: AdmissionRequest) async throws -> Unstructured

    /// Texts for people about an object that is accepted all the same.
    func warnings(_ request: AdmissionRequest) -> [String]
}

extension AdmissionPlugin {
    public func warnings(_ request: AdmissionRequest) -> [String] { [] }
}

/// A write that is to be admitted.
public struct AdmissionRequest: Sendable {
    public var object: Unstructured
    /// The object as it stands; `nil` for a create.
    public var old: Unstructured?
    /// `status`, `scale`, `approval` or nothing.
    public var subresource: String
    public var user: UserInfo
    public var now: Timestamp
    public var definition: ResourceDefinition
}

/// Moves a Secret's `stringData` into its `data`, and keeps an immutable Secret or ConfigMap as it is.
struct ConfigurationAdmission: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [Secret.groupKind, ConfigMap.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var object = request.object
        for field in object.json["stringData"]?.objectValue ?? [:] {
            guard let text = field.value.stringValue else { continue }
            object.json["data", field.key] = .string(Base64.encode(Array(text.utf8)))
        }
        object.json["stringData"] = nil
        if let problem = encodingProblem(of: object) {
            throw StatusError.invalid(object.groupKind, object.name, [problem])
        }
        if let old = request.old, old.json["immutable"]?.boolValue == true { try check(object, isUnchangedFrom: old) }
        return object
    }

    private func encodingProblem(of object: Unstructured) -> FieldError? {
        let field = object.kind == "Secret" ? "data" : "binaryData"
        return (object.json[field]?.objectValue ?? [:]).first { field in
            field.value.stringValue.map { Base64.decode($0) == nil } ?? false
        }.map { FieldError(.invalid, "\(field)[\($0.key)]", "must be base64") }
    }

    private func check(_ object: Unstructured, isUnchangedFrom old: Unstructured) throws {
        let frozen = ["data", "binaryData", "immutable"]
        let changed = frozen.filter { object.json[$0] != old.json[$0] }
        guard let field = changed.first else { return }
        throw StatusError.invalid(
            object.groupKind, object.name, [.forbidden(field, "field is immutable when `immutable` is set")])
    }
}
