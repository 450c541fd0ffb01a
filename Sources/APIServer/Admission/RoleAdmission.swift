import APIMachinery
public import CorbelAPI

/// Checks roles and bindings, and refuses to let anybody give what they do not have.
///
/// A role may be written by who holds all of its rules, or has the verb `escalate` on it; a role that gathers rules, by
/// who may do everything. A binding may be written by who holds all rules of its role, or has the verb `bind` on the
/// role. What is held is read from the store: the cache might not know yet.
///
/// Source: "Privilege escalation prevention and bootstrapping" of Kubernetes' documentation.
public struct RoleAdmission: AdmissionPlugin {
    public let kinds: Set<GroupKind>? = [
        Role.groupKind, ClusterRole.groupKind, RoleBinding.groupKind, ClusterRoleBinding.groupKind,
    ]

    private let cache: RoleCache
    /// Asked for `escalate` and `bind`.
    private let authorizer: any Authorizer

    public init(cache: RoleCache, authorizer: any Authorizer) {
        self.cache = cache
        self.authorizer = authorizer
    }

    public func admit(_ request: AdmissionRequest) async throws -> Unstructured {
        if ["Role", "ClusterRole"].contains(request.definition.kind) { return try await admitRole(request) }
        return try await admitBinding(request)
    }

    // MARK: Roles

    private func admitRole(_ request: AdmissionRequest) async throws -> Unstructured {
        let role = ClusterRole(request.object)
        try check(request, RoleValidation.problems(of: role, isNamespaced: request.definition.isNamespaced))
        if try await mayEscalate(request) || changesOwnersOnly(request) { return request.object }
        let gathers = [request.object, request.old].contains { $0?.json["aggregationRule"].map { !$0.isNull } ?? false }
        if gathers, try await !missing(PolicyRule.everything, request).isEmpty {
            throw forbidden(request, "must have cluster-admin privileges to use the aggregationRule")
        }
        try await requireHeld(role.rules, request)
        return request.object
    }

    private func mayEscalate(_ request: AdmissionRequest) async throws -> Bool {
        if request.user.isMaster { return true }
        return await authorizer.allows(
            RequestAttributes(
                user: request.user, verb: "escalate", resource: request.definition.groupResource,
                namespace: request.object.namespace, name: request.object.name))
    }

    // MARK: Bindings

    private func admitBinding(_ request: AdmissionRequest) async throws -> Unstructured {
        let binding = RoleValidation.completing(RoleBinding(request.object))
        let isNamespaced = request.definition.isNamespaced
        try check(
            request,
            RoleValidation.problems(of: binding, old: request.old.map { RoleBinding($0) }, isNamespaced: isNamespaced))
        let completed = Unstructured(binding)
        if try await mayBind(binding.role, request) || changesOwnersOnly(request) { return completed }
        guard let rules = try await cache.current().rules(of: binding.role, in: binding.namespace) else {
            throw StatusError.notFound(Self.resource(of: binding.role), binding.role.name)
        }
        try await requireHeld(rules, request)
        return completed
    }

    private func mayBind(_ role: RoleReference, _ request: AdmissionRequest) async throws -> Bool {
        if request.user.isMaster { return true }
        return await authorizer.allows(
            RequestAttributes(
                user: request.user, verb: "bind", resource: Self.resource(of: role),
                namespace: request.object.namespace, name: role.name))
    }

    private static func resource(of role: RoleReference) -> GroupResource {
        (role.isClusterRole ? ClusterRole.definition : Role.definition).groupResource
    }

    // MARK: What is held

    private func missing(_ rules: [PolicyRule], _ request: AdmissionRequest) async throws -> [PolicyRule] {
        let user = request.user
        let held = try await cache.current().rules(
            user: user.name, groups: user.groups, in: request.object.namespace)
        return PolicyRule.missing(from: held, of: rules)
    }

    private func requireHeld(_ rules: [PolicyRule], _ request: AdmissionRequest) async throws {
        // A role that was stored before there was a limit may be too large to compare.
        if let problem = RoleValidation.sizeProblems(of: rules).first {
            throw forbidden(request, "the rules of the role are too large to be compared with those held: \(problem)")
        }
        let missing = try await missing(rules, request)
        guard !missing.isEmpty else { return }
        let groups = JSONValue(request.user.groups).encodedText
        let shown = missing.prefix(100).map(\.compactText).joined(separator: "\n")
        throw forbidden(
            request,
            "user \"\(request.user.name)\" (groups=\(groups)) is attempting to grant RBAC permissions not currently "
                + "held:\n\(shown)")
    }

    /// The garbage collector's fields may always change, so that an object can go that could not be written.
    private func changesOwnersOnly(_ request: AdmissionRequest) -> Bool {
        guard var old = request.old else { return false }
        var new = request.object
        for field in [
            "ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation", "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ] {
            old.json["metadata", field] = nil
            new.json["metadata", field] = nil
        }
        return old == new
    }

    private func check(_ request: AdmissionRequest, _ problems: [FieldError]) throws {
        guard problems.isEmpty else {
            throw StatusError.invalid(request.definition.groupKind, request.object.name, problems)
        }
    }

    private func forbidden(_ request: AdmissionRequest, _ why: String) -> StatusError {
        let resource = request.definition.groupResource
        return StatusError(
            .forbidden, "\(resource) \"\(request.object.name)\" is forbidden: \(why)", group: resource.group,
            kind: resource.resource, name: request.object.name)
    }
}
