public import CorbelAPI

/// The errors that every store tells in the same words. The texts are those of kube-apiserver, because clients and
/// their tests look for them.
extension StatusError {
    /// A list or a watch at a revision whose history is compacted.
    public static func revisionTooOld() -> StatusError {
        StatusError(.expired, "The resourceVersion for the provided watch/list is too old")
    }

    /// A revision that the store has not reached.
    public static func revisionTooLarge(_ revision: StoreRevision, current: StoreRevision) -> StatusError {
        StatusError(
            .timeout, "Too large resource version: \(revision), current: \(current)",
            causes: [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
            retryAfter: .seconds(1))
    }

    /// The end of a watch whose reader did not keep up.
    public static func watchTooSlow(limit: Int) -> StatusError {
        StatusError(.expired, "The watch fell more than \(limit) events behind: list anew and watch from there")
    }
}
