/// What becomes of an object's dependents when it is deleted (`metav1.DeletionPropagation`).
public enum PropagationPolicy: String, Sendable, Hashable, CaseIterable {
    /// The object goes at once, its dependents after it.
    case background = "Background"
    /// The object stays until the dependents that block its deletion are gone.
    case foreground = "Foreground"
    /// The dependents stay and lose their reference to the object.
    case orphan = "Orphan"

    /// Holds the object until its dependents are deleted.
    static let foregroundFinalizer = "foregroundDeletion"
    /// Holds the object until its dependents have let go of it.
    static let orphanFinalizer = "orphan"
    static let allFinalizers: Set<String> = [foregroundFinalizer, orphanFinalizer]

    private var finalizer: String? {
        switch self {
        case .background: nil
        case .foreground: Self.foregroundFinalizer
        case .orphan: Self.orphanFinalizer
        }
    }

    /// The finalizers of an object that is deleted with `policy`: the policy's own one takes the place of any other
    /// policy's.
    public static func finalizers(_ present: [String], for policy: PropagationPolicy) -> [String] {
        let kept = present.filter { !allFinalizers.contains($0) || $0 == policy.finalizer }
        guard let finalizer = policy.finalizer, !kept.contains(finalizer) else { return kept }
        return kept + [finalizer]
    }
}
