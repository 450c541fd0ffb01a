import CorbelAPI

/// Holds a namespace until everything in it is gone, and shows in its phase that it is going.
///
/// As in Kubernetes, what holds it stands in `spec.finalizers`, apart from the finalizers of the metadata.
struct NamespaceAdmission: AdmissionPlugin {
    static let finalizer = "kubernetes"
    /// The subresource through which the finalizer goes; only the server itself writes it.
    static let finalize = "finalize"

    let kinds: Set<GroupKind>? = [Namespace.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var object = request.object
        if !object.isDeleting { object.json["spec", "finalizers"] = [.string(Self.finalizer)] }
        if object.isDeleting, request.subresource != Self.finalize {
            object.json["spec", "finalizers"] = request.old?.json["spec", "finalizers"]
        }
        object.json["metadata", "labels", "kubernetes.io/metadata.name"] = .string(object.name)
        object.json["status", "phase"] = object.isDeleting ? "Terminating" : "Active"
        return object
    }

    /// Refuses to delete the namespaces that are there from the start.
    static func requireDeletable(_ target: Target) throws {
        guard target.definition.groupKind == Namespace.groupKind, ["default", "kube-system"].contains(target.name)
        else {
            return
        }
        throw StatusError(
            .forbidden, "namespaces \"\(target.name)\" is forbidden: this namespace may not be deleted",
            kind: "namespaces",
            name: target.name)
    }
}
