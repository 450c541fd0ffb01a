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

    private func make() -> Documents {
        var byPath: [String: JSONValue] = [:]
        var entries: [(groupVersion: GroupVersion, hash: String)] = []
        for groupVersion in registry.groupVersions {
            let document = OpenAPI.document(for: groupVersion, definitions: registry.definitions(of: groupVersion))
            byPath[Self.path(groupVersion)] = document
            entries.append((groupVersion, String(StableHash.of(document.encoded), radix: 16)))
        }
        return Documents(index: OpenAPI.index(entries), byPath: byPath)
    }

    private static func path(_ groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
    }
}
