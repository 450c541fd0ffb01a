import APIMachinery
import CorbelAPI

/// Answers the kinds that ask who may do what, and who asks. Nothing of them is kept.
struct ReviewHandler: Sendable {
    let server: APIServer
    let request: APIRequest
    let path: ResourcePath
    let definition: ResourceDefinition

    private var authorizer: any Authorizer { server.configuration.authorizer }

    func respond() async throws -> APIResponse {
        guard path.name.isEmpty, path.subresource.isEmpty, definition.isNamespaced != path.namespace.isEmpty else {
            throw APIServer.noSuchPath
        }
        guard request.method == "POST" else {
            throw StatusError(.methodNotAllowed, "the server does not allow this method on the requested resource")
        }
        _ = try await server.authorize(
            RequestAttributes(
                user: request.user, verb: "create", resource: definition.groupResource, namespace: path.namespace))
        var review = Unstructured(json: try request.document())
        try definition.requireType(review)
        let validation = try FieldValidation(parameter: request.parameter("fieldValidation"))
        let admitted = try definition.admit(review, validation)
        review = admitted.object
        try requireValid(review)
        review.status = try await status(of: review)
        review.json["metadata"] = review.json["metadata"] ?? [:]
        // What was shown is not shown again.
        review.json["spec", "token"] = nil
        return .json(review.json, status: 201, warnings: admitted.warnings)
    }

    /// A review has no name, so that only its fields are looked at.
    private func requireValid(_ review: Unstructured) throws {
        let problems = definition.schema.validate(["spec": review.spec], old: nil, at: "")
        guard problems.isEmpty else { throw StatusError.invalid(definition.groupKind, "", problems) }
    }

    private func status(of review: Unstructured) async throws -> JSONValue {
        switch definition.kind {
        case "SelfSubjectAccessReview": return try await decision(review.spec, for: request.user)
        case "SelfSubjectReview": return ["userInfo": request.user.json]
        case "SelfSubjectRulesReview": return rules(in: review.spec["namespace"]?.stringValue ?? "")
        case "TokenReview": return await tokenStatus(review.spec["token"]?.stringValue ?? "")
        default: return try await decision(review.spec, for: try subject(of: review.spec))
        }
    }

    // MARK: Access

    private func subject(of spec: JSONValue) throws -> UserInfo {
        let name = spec["user"]?.stringValue ?? ""
        let groups = spec["groups"]?.stringList ?? []
        guard !name.isEmpty || !groups.isEmpty else {
            throw invalid(.invalid("spec.user", "", "at least one of user or group must be specified"))
        }
        let extra = (spec["extra"]?.objectValue ?? [:]).map { ($0.key, $0.value.stringList ?? []) }
        return UserInfo(
            name: name, groups: groups, uid: spec["uid"]?.stringValue ?? "", extra: Dictionary(extra) { $1 })
    }

    private func decision(_ spec: JSONValue, for user: UserInfo) async throws -> JSONValue {
        let decision: AuthorizationDecision
        switch (spec["resourceAttributes"], spec["nonResourceAttributes"]) {
        case (let resource?, nil): decision = await authorizer.decide(try attributes(resource, of: user))
        case (nil, let path?):
            guard reachesPaths else {
                throw invalid(.invalid("spec.nonResourceAttributes", path, "disallowed on this kind of request"))
            }
            decision = await authorizer.decide(
                PathAttributes(
                    user: user, verb: path["verb"]?.stringValue ?? "", path: path["path"]?.stringValue ?? ""))
        case (nil, nil):
            throw invalid(
                .invalid(
                    "spec.resourceAttributes", .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        default:
            throw invalid(
                .invalid(
                    "spec.nonResourceAttributes", spec["nonResourceAttributes"] ?? .null,
                    "cannot be specified in combination with resourceAttributes"))
        }
        var status: JSONValue = ["allowed": .bool(decision.isAllowed)]
        if !decision.reason.isEmpty { status["reason"] = .string(decision.reason) }
        return status
    }

    private func attributes(_ resource: JSONValue, of user: UserInfo) throws -> RequestAttributes {
        func text(_ field: String) -> String { resource[field]?.stringValue ?? "" }
        let namespace = text("namespace")
        guard !definition.isNamespaced || namespace == path.namespace else {
            throw invalid(
                .invalid(
                    "spec.resourceAttributes.namespace", .string(namespace), "must match metadata.namespace"))
        }
        return RequestAttributes(
            user: user, verb: text("verb"), resource: GroupResource(text("group"), text("resource")),
            subresource: text("subresource"), namespace: namespace, name: text("name"))
    }

    /// A review within a namespace asks for nothing outside it.
    private var reachesPaths: Bool { !definition.isNamespaced }

    private func invalid(_ problem: FieldError) -> StatusError {
        StatusError.invalid(definition.groupKind, "", [problem])
    }

    // MARK: Rules

    private func rules(in namespace: String) -> JSONValue {
        let list = authorizer.rules(of: request.user, in: namespace)
        let resources = list.rules.filter { $0.nonResourceURLs.isEmpty }
        let paths = list.rules.filter { !$0.nonResourceURLs.isEmpty }
        return [
            "resourceRules": .array(resources.map(\.json)), "nonResourceRules": .array(paths.map(\.json)),
            "incomplete": .bool(list.isIncomplete),
        ]
    }

    // MARK: Tokens

    private func tokenStatus(_ token: String) async -> JSONValue {
        do {
            guard !token.isEmpty, let user = try await server.configuration.tokenReviewer(token) else {
                return ["authenticated": false]
            }
            return ["authenticated": true, "user": user.json]
        } catch {
            return ["authenticated": false, "error": "the token is not accepted"]
        }
    }
}

extension UserInfo {
    /// The user as `authentication.k8s.io/v1` UserInfo.
    var json: JSONValue {
        var json: JSONValue = ["username": .string(name), "groups": JSONValue(groups)]
        if !uid.isEmpty { json["uid"] = .string(uid) }
        for key in extra.keys.sorted() { json["extra", key] = JSONValue(extra[key] ?? []) }
        return json
    }
}
