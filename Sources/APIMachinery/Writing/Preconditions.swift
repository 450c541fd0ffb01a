public import CorbelAPI

/// What an object must be for a write to go ahead (`metav1.Preconditions`).
public struct Preconditions: Sendable, Hashable {
    public var uid: String?
    public var resourceVersion: String?

    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// What an object that is sent to replace another says of the one that it was made from. What it leaves out is no
    /// condition.
    init(replacing object: Unstructured) {
        uid = object.uid.isEmpty ? nil : object.uid
        resourceVersion = object.resourceVersion.isEmpty ? nil : object.resourceVersion
    }
}

/// What a delete request asks for beside the object (`metav1.DeleteOptions`).
public struct DeleteOptions: Sendable, Hashable {
    public var gracePeriodSeconds: Int?
    /// Nil leaves the choice to the server: what the object's finalizers say, or else background.
    public var propagationPolicy: PropagationPolicy?
    public var preconditions = Preconditions()
    public var isDryRun = false

    public init() {}

    /// Reads the body of a delete request.
    ///
    /// - Throws: ``StatusError`` of reason `Invalid`.
    public init(json: JSONValue) throws {
        var problems: [FieldError] = []
        gracePeriodSeconds = json["gracePeriodSeconds"]?.intValue
        preconditions = Preconditions(
            uid: json["preconditions", "uid"]?.stringValue,
            resourceVersion: json["preconditions", "resourceVersion"]?.stringValue)
        propagationPolicy = Self.policy(json, &problems)
        if let dryRun = json["dryRun"], !dryRun.isNull, dryRun != [] {
            isDryRun = true
            if dryRun != ["All"] {
                problems.append(FieldError(.notSupported, "dryRun", value: dryRun, "supported values: \"All\""))
            }
        }
        if let seconds = gracePeriodSeconds, seconds < 0 {
            problems.append(.invalid("gracePeriodSeconds", JSONValue(seconds), "must be at least 0"))
        }
        guard problems.isEmpty else {
            throw StatusError.invalid(GroupKind("meta.k8s.io", "DeleteOptions"), "", problems)
        }
    }

    private static func policy(_ json: JSONValue, _ problems: inout [FieldError]) -> PropagationPolicy? {
        let orphans = json["orphanDependents"]?.boolValue
        guard let value = json["propagationPolicy"], !value.isNull else {
            return orphans.map { $0 ? .orphan : .background }
        }
        if orphans != nil {
            problems.append(.invalid("propagationPolicy", value, "orphanDependents must not be given beside it"))
        }
        guard let policy = value.stringValue.flatMap(PropagationPolicy.init) else {
            let known = PropagationPolicy.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            problems.append(FieldError(.notSupported, "propagationPolicy", value: value, "supported values: \(known)"))
            return nil
        }
        return policy
    }
}
