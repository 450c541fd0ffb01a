import CorbelAPI

/// Which objects somebody is shown, once their request is allowed.
struct Visibility: Sendable {
    private let judge: (@Sendable (Unstructured) async -> Bool)?

    static let everything = Visibility(judge: nil)
    static let nothing = Visibility { _ in false }

    private init(judge: (@Sendable (Unstructured) async -> Bool)?) { self.judge = judge }

    /// - Parameter judge: whether an object is shown.
    init(_ judge: @escaping @Sendable (Unstructured) async -> Bool) { self.judge = judge }

    var isEverything: Bool { judge == nil }

    func shows(_ object: Unstructured) async -> Bool { await judge?(object) ?? true }
}

extension APIServer {
    /// What the user is shown of what the request reads.
    ///
    /// - Throws: `forbidden` where the request is not allowed.
    func authorize(_ attributes: RequestAttributes) async throws -> Visibility {
        let authorizer = configuration.authorizer
        switch await authorizer.decide(attributes) {
        case .allowed: return .everything
        case .confined: return Visibility { await authorizer.maySee($0, user: attributes.user) }
        case .refused: throw attributes.refusal
        }
    }

    /// - Throws: `forbidden` where the request is not allowed.
    func authorize(_ attributes: PathAttributes) async throws {
        guard await configuration.authorizer.decide(attributes).isAllowed else { throw attributes.refusal }
    }
}
