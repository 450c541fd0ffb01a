import CorbelAPI

/// The time that a pod has to end between the request to delete it and its removal. No other kind has any.
///
/// The pod is stored with `deletionGracePeriodSeconds` until its kubelet deletes it with a grace period of zero, or
/// until somebody else does by force.
///
/// Source: "Pod Lifecycle", section "Termination of Pods" of Kubernetes' documentation.
enum TerminationGrace {
    private static let defaultSeconds = 30

    /// What a request to delete the object grants. A pod that no node runs, or that has ended, needs no time.
    static func seconds(_ object: Unstructured, _ options: DeleteOptions) -> Int {
        guard object.groupKind == Pod.groupKind else { return 0 }
        let pod = Pod(object)
        guard pod.nodeName ?? "" != "", !pod.isFinished else { return 0 }
        let wanted = options.gracePeriodSeconds ?? pod.spec["terminationGracePeriodSeconds"]?.intValue
        return max(0, wanted ?? defaultSeconds)
    }

    /// What the object was granted when its deletion began, or was last hastened.
    static func left(_ object: Unstructured) -> Int {
        guard object.groupKind == Pod.groupKind else { return 0 }
        return object.json["metadata", "deletionGracePeriodSeconds"]?.intValue ?? 0
    }

    /// A further request can only bring the end nearer.
    static func shorten(_ object: inout Unstructured, to seconds: Int) {
        let granted = left(object)
        guard seconds < granted, let end = object.deletionTimestamp else { return }
        object.json["metadata", "deletionTimestamp"] = .string((end - .seconds(granted - seconds)).rfc3339)
        object.json["metadata", "deletionGracePeriodSeconds"] = JSONValue(seconds)
    }
}
