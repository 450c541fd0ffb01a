import CorbelAPI
import Revisions

/// A layer's objects as they are applied: secrets in their places, the layer's label on each.
struct LayerManifests {
    let objects: [Unstructured]
    /// Sensitive variables whose value is not there.
    let missingSecrets: [String]

    /// Those of a layer that is gone.
    static let none = LayerManifests(objects: [], missingSecrets: [])

    private init(objects: [Unstructured], missingSecrets: [String]) {
        self.objects = objects
        self.missingSecrets = missingSecrets
    }

    /// `secrets` are the values of the revision's sensitive variables, by name.
    init(_ layer: RevisionLayer, secrets: [String: String]) {
        var missing: Set<String> = []
        objects = layer.manifests.map { manifest in
            let filled = SecretPlaceholder.filling(manifest.json, with: secrets)
            missing.formUnion(filled.missing)
            return Self.prepared(Unstructured(json: filled.tree), layer: layer.name)
        }
        missingSecrets = missing.sorted()
    }

    private static func prepared(_ manifest: Unstructured, layer: String) -> Unstructured {
        var object = manifest
        object.json["metadata", "labels", LayerInventory.layerLabel] = .string(layer)
        object.json["status"] = nil
        guard object.groupKind == Secret.groupKind, let texts = object.json["stringData"]?.stringMap else {
            return object
        }
        // The server keeps `data` alone: what is compared with it has to be written the same way.
        for (key, text) in texts { object.json["data", key] = .string(Base64.encode(Array(text.utf8))) }
        object.json["stringData"] = nil
        return object
    }

    /// The values of a revision's sensitive variables, as far as their Secrets are there.
    static func secrets(of revision: ClusterRevision, _ scope: ClusterScope) -> [String: String] {
        let pairs = revision.variables.compactMap { variable -> (String, String)? in
            guard let reference = variable.secret, let secret: Secret = scope.find(reference.name),
                let encoded = secret.json["data", reference.key]?.stringValue, let bytes = Base64.decode(encoded)
            else { return nil }
            return (variable.name, String(decoding: bytes, as: UTF8.self))
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }
}

extension JSONValue {
    /// Whether every field of `wanted` stands here. Lists are compared element by element: a server may add fields to
    /// an element, not elements to a list that an applier owns; lists of objects with a name are matched by it.
    func contains(_ wanted: JSONValue) -> Bool {
        switch (self, wanted) {
        case (.object, .object(let fields)):
            return fields.allSatisfy { field in
                field.value.isNull || (self[field.key]?.contains(field.value) ?? field.value.isEmptyContainer)
            }
        case (.array(let present), .array(let elements)):
            return elements.enumerated().allSatisfy { index, element in
                let named = present.first { $0["name"] != nil && $0["name"] == element["name"] }
                return (named ?? (index < present.count ? present[index] : nil))?.contains(element) ?? false
            }
        default:
            return self == wanted || (doubleValue != nil && doubleValue == wanted.doubleValue)
        }
    }

    private var isEmptyContainer: Bool { self == [:] || self == .array([]) }
}
