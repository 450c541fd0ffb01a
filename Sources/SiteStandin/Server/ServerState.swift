import APIServer
import CorbelAPI
import ResourceStore
import Synchronization

/// The API server behind a door: until etcd has answered for the first time, everybody is asked to come again.
final class ServerState: RequestHandler {
    private struct Content {
        var server: APIServer
        var store: any ResourceStore
    }

    private let content = Mutex<Content?>(nil)
    private let version: JSONValue

    init(kubernetesVersion: String) {
        let parts = kubernetesVersion.split(separator: ".").map(String.init)
        version = [
            "major": .string(parts.first ?? ""), "minor": .string(parts.dropFirst().first ?? ""),
            "gitVersion": .string(StandinVersion.text(kubernetesVersion)), "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
        ]
    }

    func open(_ server: APIServer, _ store: any ResourceStore) {
        content.withLock { $0 = Content(server: server, store: store) }
    }

    func handle(_ request: APIRequest) async -> APIResponse {
        let content = content.withLock { $0 }
        switch request.path {
        case "/livez", "/healthz": return Self.text(200, "ok")
        case "/readyz": return await readiness(content?.store)
        case "/version": return .document(.init(body: version.encoded))
        default: return await content?.server.handle(request) ?? .failure(Self.waiting)
        }
    }

    private static let waiting = StatusError(
        .serviceUnavailable, "the stand-in for kube-apiserver waits for etcd", retryAfter: .seconds(1))

    private func readiness(_ store: (any ResourceStore)?) async -> APIResponse {
        guard let store else { return Self.text(503, "etcd has not answered yet\n") }
        do {
            _ = try await store.currentRevision()
            return Self.text(200, "ok")
        } catch {
            return Self.text(503, "etcd: \(error)\n")
        }
    }

    private static func text(_ status: Int, _ text: String) -> APIResponse {
        .document(.init(status: status, contentType: "text/plain", body: Array(text.utf8)))
    }
}
