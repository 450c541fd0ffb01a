import CorbelAPI

/// Whether an object of a layer does its work, by what Kubernetes says in its status.
enum LayerReadiness {
    /// What is missing, as the end of a sentence; nil when nothing is.
    static func obstacle(of object: Unstructured) -> String? {
        switch (object.groupKind.group, object.groupKind.kind) {
        case (APIGroup.apps, "Deployment"), (APIGroup.apps, "StatefulSet"): replicas(object)
        case (APIGroup.apps, "DaemonSet"): daemons(object)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            object.isTrue("Established") ? nil : "its kind is not served yet"
        case (APIGroup.core, "Namespace"):
            object.json["status", "phase"]?.stringValue == "Terminating" ? "it is being deleted" : nil
        default: nil
        }
    }

    private static func replicas(_ object: Unstructured) -> String? {
        let wanted = object.spec["replicas"]?.intValue ?? 1
        if let stale = stale(object) { return stale }
        let updated = count(object, "updatedReplicas")
        if updated < wanted { return "\(updated) of \(wanted) pods are of the new version" }
        let available =
            object.kind == "StatefulSet" ? count(object, "readyReplicas") : count(object, "availableReplicas")
        return available < wanted ? "\(available) of \(wanted) pods are available" : nil
    }

    private static func daemons(_ object: Unstructured) -> String? {
        if let stale = stale(object) { return stale }
        let wanted = count(object, "desiredNumberScheduled")
        let updated = count(object, "updatedNumberScheduled")
        if updated < wanted { return "\(updated) of \(wanted) pods are of the new version" }
        let ready = count(object, "numberReady")
        return ready < wanted ? "\(ready) of \(wanted) pods are ready" : nil
    }

    /// A status that speaks of an older generation says nothing about this one.
    private static func stale(_ object: Unstructured) -> String? {
        object.observedGeneration < object.generation ? "its controller has not seen the change yet" : nil
    }

    private static func count(_ object: Unstructured, _ field: String) -> Int { object.status[field]?.intValue ?? 0 }
}
