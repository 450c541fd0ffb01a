/// The kinds that ask the server who may do what, and who asks (authorization.k8s.io/v1, authentication.k8s.io/v1).
public enum AccessReviews {
    public static let selfSubjectAccess = definition(
        APIGroup.authorization, "SelfSubjectAccessReview",
        spec: .object("What is to be done.", attributes), status: decision)

    public static let subjectAccess = definition(
        APIGroup.authorization, "SubjectAccessReview",
        spec: .object("What is to be done, and by whom.", attributes.merging(subject) { first, _ in first }),
        status: decision)

    public static let localSubjectAccess = definition(
        APIGroup.authorization, "LocalSubjectAccessReview", scope: .namespaced,
        spec: .object("What is to be done, and by whom.", attributes.merging(subject) { first, _ in first }),
        status: decision)

    public static let selfSubjectRules = definition(
        APIGroup.authorization, "SelfSubjectRulesReview",
        spec: .object("Where.", ["namespace": .string("The namespace that is asked about.")]), status: rules)

    public static let selfSubject = definition(
        APIGroup.authentication, "SelfSubjectReview", spec: nil,
        status: .object("Who asks.", ["userInfo": user]))

    public static let token = definition(
        APIGroup.authentication, "TokenReview",
        spec: .object(
            "What is to be looked at.",
            [
                "token": .string("The bearer token."),
                "audiences": .array("For whom the token is to be.", of: Schema(.string)),
            ]),
        status: .object(
            "Whose it is.",
            [
                "authenticated": .boolean("Whether the token is somebody's."), "user": user,
                "audiences": .array("For whom the token is.", of: Schema(.string)),
                "error": .string("Why the token could not be looked at."),
            ]))

    public static let definitions = [
        selfSubjectAccess, subjectAccess, localSubjectAccess, selfSubjectRules, selfSubject, token,
    ]

    private static func definition(
        _ group: String, _ kind: String, scope: ResourceDefinition.Scope = .cluster, spec: Schema?, status: Schema
    ) -> ResourceDefinition {
        var properties = ["status": status]
        properties["spec"] = spec
        return ResourceDefinition(
            group: group, version: "v1", kind: kind, plural: kind.lowercased() + "s", scope: scope,
            schema: .object("", properties), hasStatus: false, isBuiltIn: true)
    }

    private static let attributes: [String: Schema] = [
        "resourceAttributes": .object(
            "Something done to a resource.",
            [
                "namespace": .string("The namespace; empty is all of them."), "verb": .string("What is done."),
                "group": .string("The API group."), "version": .string("The API version."),
                "resource": .string("The resource."), "subresource": .string("Its subresource."),
                "name": .string("The object's name; empty is all of them."),
                "fieldSelector": .anyObject("Which objects, by their fields."),
                "labelSelector": .anyObject("Which objects, by their labels."),
            ]),
        "nonResourceAttributes": .object(
            "Something done to a path.",
            ["path": .string("The path."), "verb": .string("The method in lower case.")]),
    ]

    private static let extra = Schema.map("What else is known.", of: .array("Values.", of: Schema(.string)))

    private static let subject: [String: Schema] = [
        "user": .string("The user."), "groups": .array("The user's groups.", of: Schema(.string)),
        "uid": .string("The user's UID."), "extra": extra,
    ]

    private static let user = Schema.object(
        "A user.",
        [
            "username": .string("The name."), "uid": .string("The UID."),
            "groups": .array("The groups.", of: Schema(.string)), "extra": extra,
        ])

    private static let decision = Schema.object(
        "The answer.", required: ["allowed"],
        [
            "allowed": .boolean("Whether it may be done."),
            "denied": .boolean("Whether it is refused, whatever else might allow it."),
            "reason": .string("Why."), "evaluationError": .string("What could not be looked at."),
        ])

    private static let rules = Schema.object(
        "What the asker may do.", required: ["resourceRules", "nonResourceRules", "incomplete"],
        [
            "resourceRules": .array(
                "On resources.",
                of: .object(
                    "A rule.", required: ["verbs"],
                    [
                        "verbs": .array("Verbs.", of: Schema(.string)),
                        "apiGroups": .array("Groups.", of: Schema(.string)),
                        "resources": .array("Resources.", of: Schema(.string)),
                        "resourceNames": .array("Names.", of: Schema(.string)),
                    ])),
            "nonResourceRules": .array(
                "On paths.",
                of: .object(
                    "A rule.", required: ["verbs"],
                    [
                        "verbs": .array("Verbs.", of: Schema(.string)),
                        "nonResourceURLs": .array("Paths.", of: Schema(.string)),
                    ])),
            "incomplete": .boolean("Whether there may be more that the list does not show."),
            "evaluationError": .string("What could not be looked at."),
        ])
}
