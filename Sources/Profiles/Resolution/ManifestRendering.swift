import CorbelAPI
import Revisions
import YAML

/// Renders the manifests of layers to objects that can be applied.
struct ManifestRendering {
    private var owners: [ObjectKey: String] = [:]
    private(set) var problems: [ProfileProblem] = []

    /// The objects of a layer, in the order of its texts.
    mutating func objects(
        of source: LayerSource, at layer: Int, with evaluator: inout MacroEvaluator
    ) -> [Unstructured] {
        var objects: [Unstructured] = []
        for manifest in source.manifests {
            for document in manifest.documents where !document.value.isNull {
                let line = "\(manifest.name), line \(document.line)"
                let place = MacroEvaluator.Place(layer: layer, text: line, field: manifest.field)
                let object = Unstructured(json: evaluator.evaluate(document.value, at: place).value)
                check(object, of: source, line: line, field: manifest.field)
                objects.append(object)
            }
        }
        return objects
    }

    private mutating func check(_ object: Unstructured, of source: LayerSource, line: String, field: String) {
        let report = { (value: JSONValue?, message: String) -> ProfileProblem in
            ProfileProblem(
                .invalidManifest, profile: source.profile.title, layer: source.layer.name, path: line, value: value,
                field: field, message)
        }
        guard object.json.objectValue != nil else {
            problems.append(report(.string(object.json.typeName), "a manifest must be an object"))
            return
        }
        if GroupVersion(apiVersion: object.apiVersion) == nil {
            problems.append(
                report(object.json["apiVersion"], "apiVersion must be a version or group/version, such as apps/v1"))
        }
        if object.kind.isEmpty {
            problems.append(report(object.json["kind"], "kind must be given, such as Deployment"))
        }
        if object.name.isEmpty {
            problems.append(report(object.json["metadata", "name"], "metadata.name must be given"))
        } else if let owner = owners.updateValue(source.layer.name, forKey: object.key) {
            problems.append(report(.string(object.key.description), "layer \(owner) has this object already"))
        }
    }
}
