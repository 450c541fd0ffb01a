import CorbelAPI
import Revisions
import YAML

/// Reads the texts of a cluster's layers and of their packs.
struct LayerLoading {
    private let packs: [Pack]
    private(set) var problems: [ProfileProblem] = []

    init(packs: [Pack]) { self.packs = packs }

    /// The layers of a profile, as far as they can be read.
    mutating func layers(of profile: ClusterProfile, as source: ProfileSource) -> [LayerSource] {
        profile.layers.enumerated().map { index, layer in
            let field = "spec.layers[\(index)]"
            var origin = Origin(profile: source.title, layer: layer.name, field: "\(field).pack")
            let pack = layer.pack.flatMap { find($0, for: layer.type, origin) }
            let packTitle = pack.map { "pack \($0.packName) \($0.version)" } ?? ""
            let defaults = values(pack?.values ?? "", in: "values of \(packTitle)", origin)
            var manifests = texts(
                pack?.manifests ?? [], in: "\(packTitle), manifest", field: { _ in origin.field }, origin)
            origin.field = "\(field).values"
            let changes = values(layer.values, in: "values", origin)
            manifests += texts(
                layer.manifests, in: "manifest", field: { "\(field).manifests[\($0)].content" }, origin)
            return LayerSource(
                profile: source, layer: layer, index: index, pack: pack, values: defaults.merging(changes),
                manifests: manifests)
        }
    }

    private struct Origin {
        var profile: String
        var layer: String
        var field: String
    }

    private mutating func find(_ reference: PackReference, for type: LayerType, _ origin: Origin) -> Pack? {
        let named = packs.filter { $0.packName == reference.name }
        let candidates = named.filter { reference.registry == nil || $0.registry == reference.registry }
        guard let pack = candidates.first(where: { $0.version == reference.version }) else {
            let versions = Set(candidates.map(\.version)).sorted().joined(separator: ", ")
            let place = reference.registry.map { " in registry \($0)" } ?? ""
            let known =
                versions.isEmpty ? "there is no pack of that name\(place)" : "its versions\(place) are \(versions)"
            report(
                .packNotFound, origin, value: .string("\(reference.name) \(reference.version)"),
                "pack not found: \(known)")
            return nil
        }
        if pack.layer != type {
            let message = "the pack is for the \(pack.layer.title) layer, not for the \(type.title) layer"
            report(.packLayerMismatch, origin, value: .string(reference.name), message)
        }
        return pack
    }

    private mutating func values(_ text: String, in place: String, _ origin: Origin) -> JSONValue {
        do throws(YAMLError) {
            return try MacroTemplate(parsing: text).singleObject()
        } catch {
            report(.invalidYAML, origin, path: "\(place), line \(error.line)", error.message)
            return [:]
        }
    }

    private mutating func texts(
        _ texts: [ManifestText], in place: String, field: (Int) -> String, _ origin: Origin
    ) -> [ManifestSource] {
        texts.enumerated().map { index, text in
            var origin = origin
            origin.field = field(index)
            do throws(YAMLError) {
                let documents = try MacroTemplate(parsing: text.content).documents
                return ManifestSource(name: "\(place) \(text.name)", documents: documents, field: origin.field)
            } catch {
                report(.invalidYAML, origin, path: "\(place) \(text.name), line \(error.line)", error.message)
                return ManifestSource(name: text.name, documents: [], field: origin.field)
            }
        }
    }

    private mutating func report(
        _ reason: ProfileProblem.Reason, _ origin: Origin, path: String? = nil, value: JSONValue? = nil,
        _ message: String
    ) {
        problems.append(
            ProfileProblem(
                reason, profile: origin.profile, layer: origin.layer, path: path, value: value, field: origin.field,
                message))
    }
}
