import APIMachinery
import CorbelAPI
import ResourceClient

/// Makes the roles and bindings that a centre comes with, and brings them up to date at each start: what people have
/// added to them stays.
struct RoleBootstrap: Sendable {
    private static let manager = "corbel"
    /// Another process of the same centre may do the same at the same time.
    private static let attempts = 8

    let client: any ResourceClient
    let defaults: DefaultRoles

    func run() async throws {
        let roles = try await client.list(ClusterRole.self)
        let bindings = try await client.list(ClusterRoleBinding.self)
        for role in defaults.roles {
            try await settle(role, roles.first { $0.name == role.name }) { existing in
                guard let changed = RoleReconciliation.change(of: existing, toward: role) else { return }
                _ = try await client.update(changed, by: Self.manager)
            }
        }
        for binding in defaults.bindings {
            try await settle(binding, bindings.first { $0.name == binding.name }) { existing in
                switch RoleReconciliation.change(of: existing, toward: binding) {
                case .update(let changed): _ = try await client.update(changed, by: Self.manager)
                case .replace(let other):
                    try await client.delete(existing.key)
                    _ = try await client.create(other, by: Self.manager)
                case nil: return
                }
            }
        }
    }

    /// Creates what is not there; hands what is there to `amend`, again when somebody else was faster.
    private func settle<Kind: TypedResource>(
        _ expected: Kind, _ known: Kind?, amend: (Kind) async throws -> Void
    ) async throws {
        var existing = known
        for _ in 0..<Self.attempts {
            do {
                if let existing { return try await amend(existing) }
                _ = try await client.create(expected, by: Self.manager)
                return
            } catch let error as StatusError where [.alreadyExists, .conflict, .notFound].contains(error.reason) {
                existing = try await client.find(Kind.self, name: expected.name)
            }
        }
        throw StatusError(.conflict, "\(Kind.groupKind) \(expected.name) is being changed all the time; start again")
    }
}
