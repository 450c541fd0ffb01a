import CorbelAPI
import Revisions
import YAML

/// The checks of one profile by itself.
struct ProfileValidation {
    private let profile: ClusterProfile
    private let title: String
    private let declared: Set<String>
    private var problems: [ProfileProblem] = []

    init(_ profile: ClusterProfile) {
        self.profile = profile
        title = ProfileSource(profile).title
        declared = Set(profile.variables.map(\.name))
    }

    mutating func run() -> [ProfileProblem] {
        if SemanticVersion(profile.version) == nil {
            let message = "must be a semantic version such as 1.2.3 or 1.2.3-rc.1, without a leading v"
            report(.invalidVersion, value: .string(profile.version), field: "spec.version", message)
        }
        checkOrder()
        checkDuplicates()
        for (index, layer) in profile.layers.enumerated() { check(layer, field: "spec.layers[\(index)]") }
        for (index, variable) in profile.variables.enumerated() {
            problems += VariableValidation.problems(of: variable, profile: title, field: "spec.variables[\(index)]")
        }
        return problems
    }

    // The order of layers, and which a profile of its type must and may have.
    private mutating func checkOrder() {
        guard let type = profile.type else {
            let message = "must be one of infra, add-on, full"
            return report(.composition, value: profile.json["spec", "type"], field: "spec.type", message)
        }
        var previous: ProfileLayer?
        for (index, layer) in profile.layers.enumerated() {
            let field = "spec.layers[\(index)].type"
            if !isAllowed(layer.type, in: type) {
                let message = "a profile of type \(type.rawValue) must not have a layer of type \(layer.type.rawValue)"
                report(.layerNotAllowed, layer: layer, value: .string(layer.type.rawValue), field: field, message)
            }
            if let previous, layer.type < previous.type {
                let message =
                    "layers must stand in the order os, k8s, cni, csi, addon: \(layer.type.rawValue) comes after "
                    + "\(previous.type.rawValue) (layer \(previous.name))"
                report(.layersOutOfOrder, layer: layer, value: .string(layer.type.rawValue), field: field, message)
            } else if let previous, layer.type == previous.type, layer.type.isInfrastructure {
                let message = "a profile has one \(layer.type.title) layer, which is \(previous.name)"
                report(.duplicateLayer, layer: layer, value: .string(layer.type.rawValue), field: field, message)
            }
            previous = layer
        }
        checkRequired(type)
    }

    private func isAllowed(_ layer: LayerType, in type: ClusterProfile.ProfileType) -> Bool {
        switch type {
        case .infra: layer.isInfrastructure
        case .addOn: !layer.isInfrastructure
        case .full: true
        }
    }

    /// Storage is the one infrastructure layer that a cluster may do without.
    private mutating func checkRequired(_ type: ClusterProfile.ProfileType) {
        guard type != .addOn else { return }
        for required in [LayerType.os, .k8s, .cni] where !profile.layers.contains(where: { $0.type == required }) {
            let message = "a profile of type \(type.rawValue) must have a layer of type \(required.rawValue)"
            report(.layerMissing, field: "spec.layers", message)
        }
    }

    private mutating func checkDuplicates() {
        var names: Set<String> = []
        var packs: Set<String> = []
        for (index, layer) in profile.layers.enumerated() {
            if !names.insert(layer.name).inserted {
                let message = "the profile has a layer of that name already"
                report(
                    .duplicateLayer, layer: layer, value: .string(layer.name), field: "spec.layers[\(index)].name",
                    message)
            }
            if let pack = layer.pack?.name, !packs.insert(pack).inserted {
                let message = "the profile has the pack already: a cluster takes no pack twice"
                report(.duplicatePack, layer: layer, value: .string(pack), field: "spec.layers[\(index)].pack", message)
            }
        }
    }

    private mutating func check(_ layer: ProfileLayer, field: String) {
        checkPack(layer, field: "\(field).pack")
        checkText(layer.values, of: layer, place: "values", field: "\(field).values") { (template) throws(YAMLError) in
            [try template.singleObject()]
        }
        for (index, manifest) in layer.manifests.enumerated() {
            let contentField = "\(field).manifests[\(index)].content"
            checkText(manifest.content, of: layer, place: "manifest \(manifest.name)", field: contentField) {
                template in
                template.documents.map(\.value)
            }
        }
        for (index, probe) in layer.readyToProceed.enumerated() {
            check(probe, of: layer, field: "\(field).readyToProceed[\(index)]")
        }
    }

    private mutating func checkPack(_ layer: ProfileLayer, field: String) {
        guard let pack = layer.pack else {
            if layer.type.isInfrastructure {
                report(.packMissing, layer: layer, field: field, "a \(layer.type.title) layer must have a pack")
            } else if layer.manifests.isEmpty {
                report(.packMissing, layer: layer, field: field, "an add-on layer must have a pack or manifests")
            }
            return
        }
        guard layer.type == .k8s else { return }
        if SupportedCombinations.distribution(ofPack: pack.name) == nil {
            let known = SupportedCombinations.distributions.map(\.pack).joined(separator: ", ")
            report(
                .unknownDistribution, layer: layer, value: .string(pack.name), field: "\(field).name",
                "must be one of \(known)")
        }
        if SemanticVersion(pack.version) == nil {
            let message = "a Kubernetes version must be a semantic version such as 1.33.6"
            report(.invalidVersion, layer: layer, value: .string(pack.version), field: "\(field).version", message)
        }
    }

    private mutating func checkText(
        _ text: String, of layer: ProfileLayer, place: String, field: String,
        trees: (MacroTemplate) throws(YAMLError) -> [JSONValue]
    ) {
        do throws(YAMLError) {
            for tree in try trees(try MacroTemplate(parsing: text)) {
                for (path, expression) in MacroTemplate.expressions(in: tree) {
                    check(expression, of: layer, path: place == "values" ? path : "\(place): \(path)", field: field)
                }
            }
        } catch {
            report(.invalidYAML, layer: layer, path: "\(place), line \(error.line)", field: field, error.message)
        }
    }

    private mutating func check(_ expression: String, of layer: ProfileLayer, path: String, field: String) {
        let macro = JSONValue.string("{{ \(expression) }}")
        switch MacroReference(expression) {
        case nil:
            let message = "unknown macro: \(MacroReference.known)"
            report(.unknownMacro, layer: layer, path: path, value: macro, field: field, message)
        case .variable(let name)? where !declared.contains(name):
            let known = declared.sorted().joined(separator: ", ")
            let message = "the profile declares no variable \(name); it declares \(known.isEmpty ? "none" : known)"
            report(.undeclaredVariable, layer: layer, path: path, value: macro, field: field, message)
        case .variable, .pack, .system: break
        }
    }

    private mutating func check(_ probe: ReadinessProbe, of layer: ProfileLayer, field: String) {
        if GroupVersion(apiVersion: probe.apiVersion) == nil {
            let message = "must be a version or group/version, such as apps/v1"
            report(
                .invalidProbe, layer: layer, value: .string(probe.apiVersion), field: "\(field).object.apiVersion",
                message)
        }
        if probe.equals != nil, probe.path == nil {
            report(
                .invalidProbe, layer: layer, field: "\(field).equals", "needs a path, whose value it is compared with")
        }
    }

    private mutating func report(
        _ reason: ProfileProblem.Reason, layer: ProfileLayer? = nil, path: String? = nil, value: JSONValue? = nil,
        field: String, _ message: String
    ) {
        problems.append(
            ProfileProblem(
                reason, profile: title, layer: layer?.name, path: path, value: value, field: field, message))
    }
}
