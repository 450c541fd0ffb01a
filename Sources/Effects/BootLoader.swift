/// The variables through which the running system and the boot loader speak to each other.
///
/// What the variables mean is decided elsewhere; here is only how they are kept.
public protocol BootLoader: Sendable {
    /// All variables, as the boot loader would read them if the machine were reset now.
    func variables() async throws -> [String: String]

    /// Sets variables, and removes those that are given as `nil`; leaves the others.
    ///
    /// All changes of one call become visible to the boot loader together: a crash leaves all of them or none. When the
    /// call returns, a power cut does not undo them. Throws `noSpace` when they do not fit.
    func set(_ changes: [String: String?]) async throws
}
