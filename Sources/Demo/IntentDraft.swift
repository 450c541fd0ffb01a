import CorbelAPI
import YAML

/// A change of what a cluster shall be, in the making: what a person does in an editor to copies of the examples.
///
/// The last document of a draft is always the cluster, with the profiles in the versions that the draft makes.
struct IntentDraft: Sendable {
    /// Names the file that the draft becomes.
    let name: String
    private var cluster: Unstructured
    private var others: [JSONValue] = []

    init(_ name: String, cluster: EdgeCluster) {
        self.name = name
        // What an administrator keeps in a file: neither what the server has added, nor the status.
        self.cluster = Unstructured(json: [
            "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster",
            "metadata": ["name": .string(cluster.name), "namespace": .string(cluster.namespace)],
            "spec": cluster.spec,
        ])
    }

    /// The draft as one YAML stream; JSON is YAML.
    var text: String { (others + [cluster.json]).map { $0.prettyText + "\n" }.joined(separator: "---\n") }

    /// How long an update of the cluster may take at each step, in Go's notation (`EdgeCluster.spec.update`).
    mutating func limit(_ limits: [String: String]) {
        for (name, limit) in limits { cluster.json["spec", "update", name] = .string(limit) }
    }

    mutating func add(_ object: JSONValue) { others.append(object) }

    /// A new version of a profile, with parts of its text replaced, which the cluster shall have from now on.
    mutating func revise(
        _ profile: ClusterProfile, to version: String, replacing replacements: [TextReplacement] = []
    ) throws {
        var json = profile.json.asWritten(named: "\(profile.profileName)-\(version)")
        json["spec", "profileName"] = .string(profile.profileName)
        json["spec", "version"] = .string(version)
        let layers = try (json["spec", "layers"]?.arrayValue ?? []).map { layer in
            try replacements.filter { $0.layer == layer["name"]?.stringValue }.reduce(layer) { try $1.applied(to: $0) }
        }
        json["spec", "layers"] = .array(layers)
        add(json)
        cluster.json["spec", "profiles"] = .array(
            (cluster.json["spec", "profiles"]?.arrayValue ?? []).map { reference in
                guard reference["name"]?.stringValue == profile.profileName else { return reference }
                return ["name": .string(profile.profileName), "version": .string(version)]
            })
    }
}

/// A part of a layer of a profile, and what takes its place.
struct TextReplacement: Sendable {
    enum Place: Sendable {
        /// The text of the layer's values.
        case values(String, with: String)
        /// The version of the layer's pack.
        case packVersion(String)
    }

    var layer: String
    var place: Place

    init(in layer: String, _ place: Place) {
        self.layer = layer
        self.place = place
    }

    /// - Throws: where the text to replace is not there: the example has changed, and the change would be none.
    fileprivate func applied(to layer: JSONValue) throws -> JSONValue {
        var layer = layer
        switch place {
        case .packVersion(let version): layer["pack", "version"] = .string(version)
        case .values(let old, let new):
            let text = layer["values"]?.stringValue ?? ""
            guard let range = text.firstRange(of: old) else {
                throw StatusError(.invalid, "the values of the layer \(self.layer) do not hold \"\(old)\"")
            }
            layer["values"] = .string(text[..<range.lowerBound] + new + text[range.upperBound...])
        }
        return layer
    }
}

extension JSONValue {
    /// An object of an API server as somebody writes it under another name: without what the server has added.
    func asWritten(named name: String) -> JSONValue {
        var written = self
        written["status"] = nil
        written["metadata"] = ["name": .string(name)]
        written["metadata", "namespace"] = self["metadata", "namespace"]
        written["metadata", "annotations"] = self["metadata", "annotations"]
        return written
    }
}
