import CorbelAPI

/// Gives a new namespace the finalizer and the phase that Kubernetes gives it, and shows in its phase that it is going.
struct NamespaceAdmission: AdmissionPlugin {
    /// Held until everything in the namespace is gone.
    static let finalizer = "kubernetes"

    let kinds: Set<GroupKind>? = [Namespace.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var object = request.object
        if request.old == nil { object.json["spec", "finalizers"] = [.string(Self.finalizer)] }
        object.json["metadata", "labels", "kubernetes.io/metadata.name"] = .string(object.name)
        object.json["status", "phase"] = object.isDeleting ? "Terminating" : "Active"
        return object
    }
}
