/// Roles, bindings and the kinds that ask who may do what.
extension MessageShape {
    static let accessKinds: [String: MessageShape] = [
        "rbac.authorization.k8s.io/v1 Role": role, "rbac.authorization.k8s.io/v1 ClusterRole": clusterRole,
        "rbac.authorization.k8s.io/v1 RoleBinding": binding,
        "rbac.authorization.k8s.io/v1 ClusterRoleBinding": binding,
        "authorization.k8s.io/v1 SelfSubjectAccessReview": review(accessSpec),
        "authorization.k8s.io/v1 SubjectAccessReview": review(accessSpec),
        "authorization.k8s.io/v1 LocalSubjectAccessReview": review(accessSpec),
        "authorization.k8s.io/v1 SelfSubjectRulesReview": review(MessageShape([1: ("namespace", .string)])),
        "authentication.k8s.io/v1 SelfSubjectReview": MessageShape([1: ("metadata", .message(objectMeta))]),
        "authentication.k8s.io/v1 TokenReview": review(
            MessageShape([1: ("token", .string), 2: ("audiences", .list(.string))])),
    ]

    private static func review(_ spec: MessageShape) -> MessageShape {
        MessageShape([1: ("metadata", .message(objectMeta)), 2: ("spec", .message(spec))])
    }

    private static let policyRule = MessageShape([
        1: ("verbs", .list(.string)), 2: ("apiGroups", .list(.string)), 3: ("resources", .list(.string)),
        4: ("resourceNames", .list(.string)), 5: ("nonResourceURLs", .list(.string)),
    ])

    private static let role = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("rules", .list(.message(policyRule))),
    ])

    private static let labelSelector = MessageShape([
        1: ("matchLabels", .map(.string)),
        2: (
            "matchExpressions",
            .list(
                .message(
                    MessageShape([1: ("key", .string), 2: ("operator", .string), 3: ("values", .list(.string))])))
        ),
    ])

    private static let clusterRole = MessageShape([
        1: ("metadata", .message(objectMeta)), 2: ("rules", .list(.message(policyRule))),
        3: (
            "aggregationRule",
            .message(MessageShape([1: ("clusterRoleSelectors", .list(.message(labelSelector)))]))
        ),
    ])

    private static let binding = MessageShape([
        1: ("metadata", .message(objectMeta)),
        2: (
            "subjects",
            .list(
                .message(
                    MessageShape([
                        1: ("kind", .string), 2: ("apiGroup", .string), 3: ("name", .string),
                        4: ("namespace", .string),
                    ])))
        ),
        3: (
            "roleRef",
            .message(MessageShape([1: ("apiGroup", .string), 2: ("kind", .string), 3: ("name", .string)]))
        ),
    ])

    /// What the user is asked to be is empty for a review of oneself.
    private static let accessSpec = MessageShape([
        1: (
            "resourceAttributes",
            .message(
                MessageShape([
                    1: ("namespace", .string), 2: ("verb", .string), 3: ("group", .string), 4: ("version", .string),
                    5: ("resource", .string), 6: ("subresource", .string), 7: ("name", .string),
                ]))
        ),
        2: ("nonResourceAttributes", .message(MessageShape([1: ("path", .string), 2: ("verb", .string)]))),
        3: ("user", .string), 4: ("groups", .list(.string)), 6: ("uid", .string),
    ])
}
