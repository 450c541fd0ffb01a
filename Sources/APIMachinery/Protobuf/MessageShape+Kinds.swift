import CorbelAPI

/// The numbers of the fields, from the `generated.proto` files of Kubernetes' API packages.
extension MessageShape {
    /// The shapes of the kinds whose requests are understood, by what `apiVersion` and `kind` say.
    static func shape(apiVersion: String, kind: String) -> MessageShape? {
        // Options of a request are registered in every group version, under the same shape.
        if kind == "DeleteOptions" { return deleteOptions }
        return kinds["\(apiVersion) \(kind)"] ?? accessKinds["\(apiVersion) \(kind)"]
    }

    private static let kinds: [String: MessageShape] = [
        "v1 Namespace": namespace, "v1 Secret": secret, "v1 ConfigMap": configMap, "v1 Event": event,
        "coordination.k8s.io/v1 Lease": lease, "policy/v1 Eviction": eviction,
        "certificates.k8s.io/v1 CertificateSigningRequest": signingRequest,
    ]

    private static let namespace = MessageShape([
        1: ("metadata", .message(objectMeta)),
        2: ("spec", .message(MessageShape([1: ("finalizers", .list(.string))]))),
        3: ("status", .message(MessageShape([1: ("phase", .string)]))),
    ])

    private static let secret = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("data", .map(.data)), 3: ("type", .string),
        4: ("stringData", .map(.string)), 5: ("immutable", .optionalBoolean),
    ])

    private static let configMap = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("data", .map(.string)), 3: ("binaryData", .map(.data)),
        4: ("immutable", .optionalBoolean),
    ])

    private static let event = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("involvedObject", .message(objectReference)), 3: ("reason", .string),
        4: ("message", .string),
        5: ("source", .message(MessageShape([1: ("component", .string), 2: ("host", .string)]))),
        6: ("firstTimestamp", .time), 7: ("lastTimestamp", .time), 8: ("count", .integer), 9: ("type", .string),
        10: ("eventTime", .microTime),
        11: ("series", .message(MessageShape([1: ("count", .integer), 2: ("lastObservedTime", .microTime)]))),
        12: ("action", .string), 13: ("related", .message(objectReference)), 14: ("reportingComponent", .string),
        15: ("reportingInstance", .string),
    ])

    private static let lease = MessageShape([
        1: ("metadata", .message(objectMeta)),
        2: (
            "spec",
            .message(
                MessageShape([
                    1: ("holderIdentity", .optionalString), 2: ("leaseDurationSeconds", .optionalInteger),
                    3: ("acquireTime", .microTime), 4: ("renewTime", .microTime),
                    5: ("leaseTransitions", .optionalInteger), 6: ("strategy", .optionalString),
                    7: ("preferredHolder", .optionalString),
                ]))
        ),
    ])

    private static let signingRequest = MessageShape([
        1: ("metadata", .message(objectMeta)),
        2: (
            "spec",
            .message(
                MessageShape([
                    1: ("request", .data), 2: ("username", .string), 3: ("uid", .string), 4: ("groups", .list(.string)),
                    5: ("usages", .list(.string)),
                    7: ("signerName", .string), 8: ("expirationSeconds", .optionalInteger),
                ]))
        ),
        3: (
            "status",
            .message(
                MessageShape([
                    1: ("conditions", .list(.message(signingRequestCondition))), 2: ("certificate", .data),
                ]))
        ),
    ])

    private static let signingRequestCondition = MessageShape([
        1: ("type", .string), 2: ("reason", .string), 3: ("message", .string), 4: ("lastUpdateTime", .time),
        5: ("lastTransitionTime", .time), 6: ("status", .string),
    ])

    private static let deleteOptions = MessageShape([
        1: ("gracePeriodSeconds", .optionalInteger),
        2: (
            "preconditions",
            .message(MessageShape([1: ("uid", .optionalString), 2: ("resourceVersion", .optionalString)]))
        ),
        3: ("orphanDependents", .optionalBoolean), 4: ("propagationPolicy", .optionalString),
        5: ("dryRun", .list(.string)),
    ])

    private static let eviction = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("deleteOptions", .message(deleteOptions)),
    ])

    // MARK: Parts

    static let objectMeta = MessageShape([
        1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 5: ("uid", .string),
        6: ("resourceVersion", .string), 7: ("generation", .integer), 8: ("creationTimestamp", .time),
        9: ("deletionTimestamp", .time), 10: ("deletionGracePeriodSeconds", .optionalInteger),
        11: ("labels", .map(.string)), 12: ("annotations", .map(.string)),
        13: ("ownerReferences", .list(.message(ownerReference))), 14: ("finalizers", .list(.string)),
        17: ("managedFields", .list(.message(managedFields))),
    ])

    private static let ownerReference = MessageShape([
        1: ("kind", .string), 3: ("name", .string), 4: ("uid", .string), 5: ("apiVersion", .string),
        6: ("controller", .optionalBoolean), 7: ("blockOwnerDeletion", .optionalBoolean),
    ])

    private static let managedFields = MessageShape([
        1: ("manager", .string), 2: ("operation", .string), 3: ("apiVersion", .string), 4: ("time", .time),
        6: ("fieldsType", .string), 7: ("fieldsV1", .json), 8: ("subresource", .string),
    ])

    private static let objectReference = MessageShape([
        1: ("kind", .string), 2: ("namespace", .string), 3: ("name", .string), 4: ("uid", .string),
        5: ("apiVersion", .string), 6: ("resourceVersion", .string), 7: ("fieldPath", .string),
    ])
}
