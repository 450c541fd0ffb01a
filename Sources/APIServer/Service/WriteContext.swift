import APIMachinery
import CorbelAPI

/// What a write carries besides the object.
struct WriteContext: Sendable {
    var user: UserInfo
    /// Who owns the fields that are written.
    var manager: String
    var validation: FieldValidation = .warn
    var isDryRun = false
    /// Whether an apply takes fields away from their owners.
    var force = false
    /// `status`, `scale`, `approval` or nothing.
    var subresource = ""
    /// Why an apply may not create the object; nil where it may.
    var createRefusal: StatusError?
}

/// What came of a write.
struct WriteResult: Sendable {
    var object: Unstructured
    var isCreated = false
    /// Whether the object is gone, rather than marked for deletion.
    var isRemoved = false
    var warnings: [String] = []
}

/// One object of one kind.
struct Target: Sendable {
    var definition: ResourceDefinition
    var namespace: String
    var name: String
}
