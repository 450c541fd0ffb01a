import CorbelAPI

/// What decides the impact of a change beside the change itself.
struct ImpactContext {
    var distribution: Distribution
    /// `pack.<pack>.<path>`, `var.<name>`, `system.<name>`: all that the image's reference is made of in either
    /// revision.
    private var imageInputs: [String]

    init(from old: ClusterRevision, to new: ClusterRevision) {
        distribution = new.distribution
        imageInputs = Set(old.imageInputs + new.imageInputs).sorted()
    }

    /// The rule of a value of a layer.
    func rule(for path: ValuePath, in layer: RevisionLayer) -> ImpactRule {
        if let pack = layer.pack, feedsImage("pack.\(pack).\(path.dotted)") { return FixedRule.systemURI }
        if layer.type == .os || layer.type == .k8s {
            return ImpactTable.rule(for: path, layer: layer.type, distribution: distribution) ?? FixedRule.unlisted
        }
        return FixedRule.packValue
    }

    /// The rule of another version of a layer's pack.
    func ruleForVersion(of layer: LayerType) -> ImpactRule {
        switch layer {
        case .os: FixedRule.osVersion
        case .k8s: feedsImage("system.kubernetes.version") ? FixedRule.systemURI : FixedRule.kubernetesVersion
        case .cni, .csi, .addon: FixedRule.packVersion
        }
    }

    /// The rule of another pack in the place of a layer.
    func ruleForPack(of layer: LayerType) -> ImpactRule {
        switch layer {
        case .os: FixedRule.osPack
        case .k8s: FixedRule.kubernetesPack
        case .cni, .csi, .addon: FixedRule.packReplaced
        }
    }

    /// Whether the image's reference interpolates the value, something above it, or something below it.
    private func feedsImage(_ value: String) -> Bool {
        imageInputs.contains { input in
            input == value || value.hasPrefix(input + ".") || input.hasPrefix(value + ".")
        }
    }
}
