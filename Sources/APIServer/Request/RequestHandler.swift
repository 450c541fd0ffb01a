public import CorbelAPI

/// Something that answers requests: the API server, registration, the image registry, health.
public protocol RequestHandler: Sendable {
    func handle(_ request: APIRequest) async -> APIResponse

    /// Answers a request whose sender has shown credentials that are not accepted. Its user is nobody.
    func refuse(_ request: APIRequest, because error: StatusError) async -> APIResponse
}

extension RequestHandler {
    public func refuse(_ request: APIRequest, because error: StatusError) async -> APIResponse { .failure(error) }
}

extension APIServer: RequestHandler {}

/// Hands each request to the handler whose prefix its path begins with; the longest prefix wins.
public struct PathRouter: RequestHandler {
    private let routes: [(prefix: String, handler: any RequestHandler)]

    public init(_ routes: [String: any RequestHandler]) {
        self.routes = routes.map { ($0.key, $0.value) }.sorted {
            ($1.prefix.count, $0.prefix) < ($0.prefix.count, $1.prefix)
        }
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        guard let route = routes.first(where: { request.path.hasPrefix($0.prefix) }) else {
            return .failure(APIServer.noSuchPath)
        }
        return await route.handler.handle(request)
    }
}
