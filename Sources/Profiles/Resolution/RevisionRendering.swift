import CorbelAPI
import HostPlan
import Revisions

/// Makes a revision's content of layers that are read and checked.
struct RevisionRendering {
    private let input: ResolutionInput
    private let profiles: [ProfileSource]
    private let layers: [LayerSource]
    private var evaluator: MacroEvaluator
    private var manifests = ManifestRendering()
    private var ownProblems: [ProfileProblem] = []

    var problems: [ProfileProblem] { evaluator.problems + manifests.problems + ownProblems }

    init(input: ResolutionInput, profiles: [ProfileSource], layers: [LayerSource]) {
        self.input = input
        self.profiles = profiles
        self.layers = layers
        evaluator = MacroEvaluator(layers: layers, system: Self.system(input, profiles, layers))
    }

    mutating func render(variables: [RevisionVariable]) -> ResolvedRevision {
        var rendered: [RevisionLayer] = []
        for index in layers.indices { rendered.append(layer(index)) }
        let kubernetes = layers.first { $0.layer.type == .k8s }?.layer.pack
        let distribution = kubernetes.flatMap { SupportedCombinations.distribution(ofPack: $0.name) } ?? .kubeadm
        let spec: JSONValue = [
            "clusterName": .string(input.cluster.name), "distribution": .string(distribution.rawValue),
            "kubernetesVersion": .string(kubernetes?.version ?? ""), "os": operatingSystem(rendered),
            "profiles": .array(
                profiles.map { RevisionProfile(name: $0.name, version: $0.version, type: $0.type).json }),
            "layers": .array(rendered.map(\.json)), "variables": .array(variables.map(\.json)),
        ]
        let warnings = CombinationWarnings.warnings(distribution: distribution, layers: rendered)
        return ResolvedRevision(spec: spec, warnings: warnings)
    }

    private mutating func layer(_ index: Int) -> RevisionLayer {
        let source = layers[index]
        var layer = RevisionLayer(profile: source.profile.name, name: source.layer.name, type: source.layer.type)
        layer.pack = source.layer.pack?.name
        layer.packVersion = source.layer.pack?.version
        layer.installPriority = source.layer.installPriority
        layer.valuesText = source.layer.values
        layer.values = evaluator.evaluate(source.values, at: .init(layer: index, field: source.valuesField)).value
        checkStages(of: layer, at: index)
        layer.manifests = manifests.objects(of: source, at: index, with: &evaluator)
        layer.readyToProceed = source.layer.readyToProceed
        return layer
    }

    /// A host leaves out stages that it cannot read, so they are refused before it gets them.
    private mutating func checkStages(of layer: RevisionLayer, at index: Int) {
        guard layer.type == .os, let stages = layer.values["stages"] else { return }
        for error in StagePlan.problems(in: ["stages": stages]) {
            report(.invalidStage, index, path: error.field, value: error.value, error.detail)
        }
    }

    private mutating func operatingSystem(_ rendered: [RevisionLayer]) -> JSONValue {
        guard let index = layers.firstIndex(where: { $0.layer.type == .os }), let pack = layers[index].layer.pack else {
            return [:]
        }
        let path = ["options", "system", "uri"]
        let uri = rendered[index].values[path: path]
        let image = uri?.stringValue ?? ""
        let place = MacroEvaluator.Place(layer: index, field: layers[index].valuesField)
        if image.isEmpty || image.contains(where: \.isWhitespace) {
            report(.imageMissing, index, value: uri, "options.system.uri must name the image of the operating system")
        }
        if !SecretPlaceholder.variables(in: .string(image)).isEmpty {
            report(.sensitiveValue, index, value: nil, "the image's reference must not hold a sensitive variable")
        } else if !image.isEmpty, ImageDigest.of(reference: image) == nil {
            report(
                .imageNotPinned, index, value: uri,
                "the image's reference must end with its digest, @sha256: and 64 hexadecimal digits: a tag may name "
                    + "another image tomorrow")
        }
        let inputs = uri == nil ? [] : evaluator.reference(pack.name, path, at: place)?.inputs ?? []
        return [
            "pack": .string(pack.name), "version": .string(pack.version), "image": .string(image),
            "imageInputs": JSONValue(inputs.sorted()),
        ]
    }

    private mutating func report(
        _ reason: ProfileProblem.Reason, _ index: Int, path: String = "options.system.uri", value: JSONValue?,
        _ message: String
    ) {
        let source = layers[index]
        ownProblems.append(
            ProfileProblem(
                reason, profile: source.profile.title, layer: source.layer.name, path: path,
                value: value,
                field: source.valuesField, message))
    }

    private static func system(
        _ input: ResolutionInput, _ profiles: [ProfileSource], _ layers: [LayerSource]
    ) -> [SystemMacro: String] {
        let base = profiles.first { $0.type != .addOn }
        return [
            .clusterName: input.cluster.name, .clusterUID: input.cluster.uid,
            .clusterNamespace: input.cluster.namespace, .projectName: input.cluster.namespace,
            .kubernetesVersion: layers.first { $0.layer.type == .k8s }?.layer.pack?.version ?? "",
            .infraProfileName: base?.name ?? "", .infraProfileVersion: base?.version ?? "",
        ]
    }
}
