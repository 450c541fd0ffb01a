import APIMachinery
import CorbelAPI

/// `/openapi/v3` and the documents under it. They depend on the registry alone, so they are made once.
struct OpenAPIDocuments: Sendable {
    private let index: JSONValue
    private let documents: [String: JSONValue]

    init(registry: ResourceRegistry) {
        var documents: [String: JSONValue] = [:]
        var entries: [(groupVersion: GroupVersion, hash: String)] = []
        for groupVersion in registry.groupVersions {
            let definitions = registry.definitions(of: groupVersion)
            let document = OpenAPI.document(for: groupVersion, definitions: definitions)
            documents[Self.path(groupVersion)] = document
            entries.append((groupVersion, String(StableHash.of(document.encoded), radix: 16)))
        }
        index = OpenAPI.index(entries)
        self.documents = documents
    }

    private static func path(_ groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
    }

    /// The document for the segments of a path that begins with `openapi`.
    func answer(_ segments: [String], _ request: APIRequest) -> JSONValue? {
        guard segments.count >= 2, segments[1] == "v3" else { return nil }
        return segments.count == 2 ? index : documents[segments.dropFirst(2).joined(separator: "/")]
    }
}
