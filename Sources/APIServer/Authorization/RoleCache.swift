import APIMachinery
public import CorbelAPI
public import Effects
public import Logging
public import ResourceStore
import Synchronization

/// The roles and bindings of a store, in memory and followed as they change, so that no request waits for the store to
/// be authorized.
///
/// Like Kubernetes', what it knows may be a moment old. What must not be, such as whether somebody may give a role, is
/// read anew with ``current()``.
public final class RoleCache: Sendable {
    private struct State {
        var objects: [StoreKey: Unstructured] = [:]
        var policy = AccessPolicy()
        /// Whether the policy is of the objects.
        var isMade = true
    }

    private let store: any ResourceStore
    private let time: any TimeSource
    private let logger: Logger
    private let state = Mutex(State())

    /// All four kinds lie under their group.
    private static let prefix = StoreKey("/\(StoreKeys().tenant)/\(APIGroup.accessControl)/")

    public init(store: any ResourceStore, time: any TimeSource, logger: Logger) {
        self.store = store
        self.time = time
        self.logger = logger
    }

    /// The policy as far as it is known.
    var policy: AccessPolicy {
        state.withLock { state in
            if !state.isMade {
                state.policy = AccessPolicy(state.objects.values)
                state.isMade = true
            }
            return state.policy
        }
    }

    /// The policy as it stands in the store.
    func current() async throws -> AccessPolicy {
        AccessPolicy(try await store.list(Self.prefix).entries.map(Self.object))
    }

    private static func object(_ entry: StoreEntry) throws -> Unstructured {
        Unstructured(json: try JSONValue(parsing: entry.value))
    }

    /// Reads everything; answers with the revision that it was read at.
    @discardableResult
    public func load() async throws -> StoreRevision {
        let page = try await store.list(Self.prefix)
        let objects = Dictionary(try page.entries.map { ($0.key, try Self.object($0)) }) { $1 }
        state.withLock { $0 = State(objects: objects, isMade: false) }
        return page.revision
    }

    /// Follows the store until it is cancelled.
    public func run() async throws {
        while true {
            do {
                let revision = try await load()
                for try await event in try await store.watch(Self.prefix, after: revision) { try take(event) }
            } catch let error as StatusError where error.reason == .expired {
                continue
            } catch let error as StatusError {
                logger.warning("roles are not followed: \(error.message); trying again")
                try await time.sleep(for: .seconds(1))
            }
            try Task.checkCancellation()
        }
    }

    private func take(_ event: StoreEvent) throws {
        switch event {
        case .put(let entry, _):
            let object = try Self.object(entry)
            change { $0[entry.key] = object }
        case .delete(_, let last): change { $0[last.key] = nil }
        case .progress: return
        }
    }

    private func change(_ body: (inout [StoreKey: Unstructured]) -> Void) {
        state.withLock { state in
            body(&state.objects)
            state.isMade = false
        }
    }
}

/// Allows what roles and their bindings allow (Kubernetes' RBAC).
public struct RoleAuthorizer: Authorizer {
    private let cache: RoleCache
    /// Groups whose members roles give nothing but paths.
    private let confinedGroups: Set<String>

    /// - Parameter confinedGroups: groups whose members have rights of another sort; no role that is bound to
    ///   everybody, or to them by mistake, lets them reach a resource.
    public init(cache: RoleCache, confinedGroups: Set<String> = []) {
        self.cache = cache
        self.confinedGroups = confinedGroups
    }

    private func isConfined(_ user: UserInfo) -> Bool { user.groups.contains(where: confinedGroups.contains) }

    public func allows(_ attributes: RequestAttributes) async -> Bool { await decide(attributes).isAllowed }

    public func maySee(_ object: Unstructured, user: UserInfo) async -> Bool { false }

    public func decide(_ attributes: RequestAttributes) async -> AuthorizationDecision {
        let user = attributes.user
        guard !isConfined(user) else { return .refused }
        let reason = cache.policy.reason(allowing: attributes.access, user: user.name, groups: user.groups)
        return reason.map { .allowed(reason: $0) } ?? .refused
    }

    public func decide(_ attributes: PathAttributes) async -> AuthorizationDecision {
        let user = attributes.user
        // Clients ask with HEAD what they may GET.
        let verb = attributes.verb == "head" ? "get" : attributes.verb
        let reason = cache.policy.reason(
            allowingVerb: verb, path: attributes.path, user: user.name, groups: user.groups)
        return reason.map { .allowed(reason: $0) } ?? .refused
    }

    public func rules(of user: UserInfo, in namespace: String) -> RuleList {
        let rules = cache.policy.rules(user: user.name, groups: user.groups, in: namespace)
        return isConfined(user) ? RuleList(rules.filter { !$0.nonResourceURLs.isEmpty }) : RuleList(rules)
    }
}
