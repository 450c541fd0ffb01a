import APIMachinery
public import CorbelAPI
public import Effects
public import ResourceClient
public import ResourceStore

/// The Kubernetes API over a store, without a transport: a request goes in, an answer comes out.
///
/// A transport authenticates, fills an ``APIRequest`` and writes the ``APIResponse``; programs in the same process use
/// ``client(as:)``, which means the same rules and no sockets.
public struct APIServer: Sendable {
    /// What a server is made of.
    public struct Configuration: Sendable {
        public var registry: ResourceRegistry
        public var authorizer: any Authorizer
        public var plugins: [any AdmissionPlugin]
        /// Corbel's version, for `/version`.
        public var version: String
        /// The longest that a watch stays open before the client is asked to begin anew.
        public var watchLimit: Duration
        /// Whose a bearer token is, for TokenReviews; nil, or an error, for one that is nobody's.
        public var tokenReviewer: @Sendable (String) async throws -> UserInfo?

        public init(
            registry: ResourceRegistry, authorizer: any Authorizer, plugins: [any AdmissionPlugin] = [],
            version: String, watchLimit: Duration = .seconds(3600),
            tokenReviewer: @escaping @Sendable (String) async throws -> UserInfo? = { _ in nil }
        ) {
            self.registry = registry
            self.authorizer = authorizer
            self.plugins = plugins
            self.version = version
            self.watchLimit = watchLimit
            self.tokenReviewer = tokenReviewer
        }
    }

    let configuration: Configuration
    let service: ResourceService
    let discovery: Discovery
    let openAPI: OpenAPIDocuments

    public init(
        _ configuration: Configuration, store: any ResourceStore, clock: any TimeSource, random: any RandomSource
    ) {
        self.configuration = configuration
        service = ResourceService(
            store: store, registry: configuration.registry,
            plugins: [ConfigurationAdmission(), NamespaceAdmission(), SigningRequestAdmission()]
                + configuration.plugins, clock: clock, random: random,
            keys: StoreKeys())
        discovery = Discovery(registry: configuration.registry)
        openAPI = OpenAPIDocuments(registry: configuration.registry)
    }

    /// A client of this server in the same process, which acts as `user` and is authorized as such.
    public func client(as user: UserInfo) -> any ResourceClient { InProcessClient(server: self, user: user) }

    /// What a user may see of a list.
    func list(_ query: ListQuery, _ visibility: Visibility) async throws -> ListPage {
        if visibility.isEverything { return try await service.list(query) }
        return try await service.list(query) { await visibility.shows($0) }
    }

    /// Answers a request. Every failure is an answer too.
    public func handle(_ request: APIRequest) async -> APIResponse {
        do {
            return try await route(request)
        } catch let error as StatusError {
            return .failure(error)
        } catch is CancellationError {
            return .failure(StatusError(.timeout, "the request was cancelled"))
        } catch {
            return .failure(StatusError(.internalError, "unexpected error: \(error)"))
        }
    }

    private func route(_ request: APIRequest) async throws -> APIResponse {
        let segments = request.segments
        switch segments.first {
        case "api": return try await api(request, Array(segments.dropFirst()))
        case "apis": return try await apis(request, Array(segments.dropFirst()))
        case "openapi":
            try await authorizePath(request)
            if segments == ["openapi", "v2"], let answer = OpenAPIDocuments.version2(accept: request.accept) {
                return answer
            }
            return try document(request, segments.count == 1 ? nil : openAPI.answer(segments))
        case "version" where segments.count == 1:
            try await authorizePath(request)
            return try document(request, ServerVersion(corbel: configuration.version).json)
        default:
            try await authorizePath(request)
            throw Self.noSuchPath
        }
    }

    private func authorizePath(_ request: APIRequest) async throws {
        try await authorize(
            PathAttributes(user: request.user, verb: request.method.lowercased(), path: request.path))
    }

    static let noSuchPath = StatusError(.notFound, "the server could not find the requested resource")

    /// `/api`: the core group.
    private func api(_ request: APIRequest, _ segments: [String]) async throws -> APIResponse {
        if segments.isEmpty { return try await discoveryRoot(request, core: true) }
        return try await groupVersion(request, GroupVersion("", segments[0]), segments.dropFirst())
    }

    /// `/apis`: all other groups.
    private func apis(_ request: APIRequest, _ segments: [String]) async throws -> APIResponse {
        switch segments.count {
        case 0: return try await discoveryRoot(request, core: false)
        case 1:
            try await authorizePath(request)
            return try document(request, discovery.group(segments[0]))
        default: return try await groupVersion(request, GroupVersion(segments[0], segments[1]), segments.dropFirst(2))
        }
    }

    private func groupVersion(
        _ request: APIRequest, _ groupVersion: GroupVersion, _ segments: ArraySlice<String>
    ) async throws -> APIResponse {
        if segments.isEmpty {
            try await authorizePath(request)
            return try document(request, discovery.resourceList(groupVersion))
        }
        guard let path = ResourcePath(groupVersion: groupVersion, segments: segments) else { throw Self.noSuchPath }
        let resource = GroupResource(groupVersion.group, path.resource)
        if let review = configuration.registry.review(resource), review.version == groupVersion.version {
            return try await ReviewHandler(server: self, request: request, path: path, definition: review).respond()
        }
        guard let definition = configuration.registry[resource], definition.version == groupVersion.version else {
            // Who may not look does not learn what is served.
            _ = try await authorize(
                RequestAttributes(
                    user: request.user, verb: request.method == "GET" ? "get" : request.method.lowercased(),
                    resource: resource, subresource: path.subresource, namespace: path.namespace, name: path.name))
            throw Self.noSuchPath
        }
        return try await ResourceHandler(server: self, request: request, path: path, definition: definition).respond()
    }

    /// A document that only a GET answers; one that is not there is no path of this server.
    private func document(_ request: APIRequest, _ json: JSONValue?) throws -> APIResponse {
        guard let json else { throw Self.noSuchPath }
        guard ["GET", "HEAD"].contains(request.method) else {
            throw StatusError(.methodNotAllowed, "the server does not allow this method on the requested resource")
        }
        return .json(json)
    }

    /// Aggregated discovery for those who ask for it, legacy discovery for all others.
    private func discoveryRoot(_ request: APIRequest, core: Bool) async throws -> APIResponse {
        try await authorizePath(request)
        let wantsAggregated = MediaType.list(request.accept).contains {
            $0.name == "application/json" && $0.parameters["as"] == "APIGroupDiscoveryList"
                && $0.parameters["v"] == "v2"
        }
        if wantsAggregated, request.method == "GET" {
            let type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            return .json(discovery.aggregated(core: core), contentType: type)
        }
        return try document(request, core ? discovery.coreVersions : discovery.groupList)
    }
}
