public import CorbelAPI
public import Effects
public import ResourceStore

/// Counts the requests that pass through it, and answers `/metrics` to those who may read it.
public struct MetricsHandler: RequestHandler {
    private let next: any RequestHandler
    private let metrics: RequestMetrics
    private let time: any TimeSource

    public init(_ next: any RequestHandler, metrics: RequestMetrics, time: any TimeSource) {
        self.next = next
        self.metrics = metrics
        self.time = time
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        let info = RequestInfo(request)
        let began = time.uptime
        return counted(await next.handle(request), info, since: began)
    }

    public func refuse(_ request: APIRequest, because error: StatusError) async -> APIResponse {
        let began = time.uptime
        return counted(await next.refuse(request, because: error), RequestInfo(request), since: began)
    }

    private func counted(_ response: APIResponse, _ info: RequestInfo, since began: Duration) -> APIResponse {
        switch response {
        case .document(let document):
            metrics.count(info, code: document.status, took: time.uptime - began)
            return response
        case .content:
            metrics.count(info, code: 200, took: nil)
            return response
        case .stream(let contentType, let produce):
            metrics.count(info, code: 200, took: nil)
            return .stream(contentType: contentType) { [metrics] writer in
                metrics.watch(info, by: 1)
                defer { metrics.watch(info, by: -1) }
                try await produce(writer)
            }
        }
    }
}

/// `/metrics`, in Prometheus' text format.
public struct MetricsPage: RequestHandler {
    private let metrics: RequestMetrics
    private let store: any ResourceStore
    private let authorizer: any Authorizer

    public init(metrics: RequestMetrics, store: any ResourceStore, authorizer: any Authorizer) {
        self.metrics = metrics
        self.store = store
        self.authorizer = authorizer
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        let attributes = PathAttributes(user: request.user, verb: request.method.lowercased(), path: request.path)
        guard await authorizer.decide(attributes).isAllowed else { return .failure(attributes.refusal) }
        guard ["GET", "HEAD"].contains(request.method), request.path == "/metrics" else {
            return .failure(APIServer.noSuchPath)
        }
        // Metrics are for bad times too: a store that does not answer leaves its line out.
        let revision = try? await store.currentRevision()
        let gauges = revision.map {
            [("corbel_store_revision", "The revision of the last write.", Int($0.rawValue))]
        }
        let text = metrics.text(gauges ?? [])
        return .document(
            .init(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8)))
    }
}
