import APIMachinery
import CorbelAPI
import Synchronization

/// `/openapi/v3` and the documents under it. They depend on the registry alone, so they are made once, when somebody
/// asks.
final class OpenAPIDocuments: Sendable {
    private struct Documents {
        var index: JSONValue
        var byPath: [String: JSONValue]
    }

    private let registry: ResourceRegistry
    private let made = Mutex<Documents?>(nil)

    init(registry: ResourceRegistry) { self.registry = registry }

    /// The document for the segments of a path that begins with `openapi`.
    func answer(_ segments: [String]) -> JSONValue? {
        guard segments.count >= 2, segments[1] == "v3" else { return nil }
        let documents = made.withLock { made in
            let documents = made ?? make()
            made = documents
            return documents
        }
        return segments.count == 2 ? documents.index : documents.byPath[segments.dropFirst(2).joined(separator: "/")]
    }

    /// OpenAPI 2, for those who take it as protobuf: a document in which no kind stands; nil for all others.
    ///
    /// kubectl asks for it about a kind that version 3 does not have. Without an answer it would tell its user of that
    /// request, rather than of the kind that nobody serves.
    static func version2(accept: String) -> APIResponse? {
        let asked = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
        guard MediaType.list(accept).contains(where: { $0.name == asked }) else { return nil }
        // An @ is not allowed in a media type: Kubernetes answers with another name than it is asked by. The first
        // field of the message, `swagger`, is a string of three bytes.
        return .document(
            .init(
                contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
                body: [0x0A, 3] + "2.0".utf8))
    }

    private func make() -> Documents {
        var byPath: [String: JSONValue] = [:]
        var entries: [(groupVersion: GroupVersion, hash: String)] = []
        for groupVersion in registry.groupVersions {
            let document = OpenAPI.document(
                for: groupVersion, definitions: registry.definitions(of: groupVersion),
                reviews: registry.reviews(of: groupVersion))
            byPath[Self.path(groupVersion)] = document
            entries.append((groupVersion, String(StableHash.of(document.encoded), radix: 16)))
        }
        return Documents(index: OpenAPI.index(entries), byPath: byPath)
    }

    private static func path(_ groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
    }
}
