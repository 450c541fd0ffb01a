import CorbelAPI

/// Holds a namespace until everything in it is gone, and shows in its phase that it is going.
///
/// Kubernetes keeps this finalizer in `spec.finalizers`, where clients look for it; the one in the metadata is what holds the
/// object here, as it holds every other.
struct NamespaceAdmission: AdmissionPlugin {
    static let finalizer = "kubernetes"

    let kinds: Set<GroupKind>? = [Namespace.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var object = request.object
        if !object.isDeleting {
            object.json["spec", "finalizers"] = [.string(Self.finalizer)]
            if !object.finalizers.contains(Self.finalizer) { object.finalizers.append(Self.finalizer) }
        }
        object.json["metadata", "labels", "kubernetes.io/metadata.name"] = .string(object.name)
        object.json["status", "phase"] = object.isDeleting ? "Terminating" : "Active"
        return object
    }

    /// Refuses to delete the namespaces that are there from the start.
    static func requireDeletable(_ target: Target) throws {
        guard target.definition.groupKind == Namespace.groupKind, ["default", "kube-system"].contains(target.name) else {
            return
        }
        throw StatusError(
            .forbidden, "namespaces \"\(target.name)\" is forbidden: this namespace may not be deleted", kind: "namespaces",
            name: target.name)
    }
}
