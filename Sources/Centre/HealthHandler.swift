import APIServer
import CorbelAPI
import ResourceStore

/// `/livez`, `/healthz` and `/readyz`: whether the process lives, and whether it can serve.
struct HealthHandler: RequestHandler {
    let store: any ResourceStore

    func handle(_ request: APIRequest) async -> APIResponse {
        if request.path.hasPrefix("/readyz") {
            do {
                _ = try await store.currentRevision()
            } catch {
                return .document(.init(status: 503, contentType: "text/plain", body: Array("store: \(error)\n".utf8)))
            }
        }
        return .document(.init(contentType: "text/plain", body: Array("ok".utf8)))
    }
}
