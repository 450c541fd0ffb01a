import CorbelAPI

/// The metadata that the server alone sets.
enum ServerFields {
    /// The fields of `metadata` that a write keeps as they were, whatever a request says. Managed fields have rules
    /// of their own.
    static let metadata = [
        "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "resourceVersion",
        "selfLink",
        "uid",
    ]
}
