public import CorbelAPI

/// One thing that differs between two revisions, and what it does.
public struct RevisionChange: Sendable, Hashable {
    public var layer: String
    public var layerType: LayerType
    /// A path of values; or `version`, `pack`, `layer`, `values`, `readyToProceed`, `installPriority`; or
    /// `manifests/<kind> <namespace>/<name>`.
    public var path: String
    /// Absent where there was nothing. A sensitive value shows as ``RevisionDiff/mask``.
    public var from: JSONValue?
    public var to: JSONValue?
    /// The rule that decided the impact.
    public var rule: ImpactRule

    public var impact: Impact { rule.impact }
}

/// What differs in one layer.
public struct LayerDiff: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case added = "Added"
        case removed = "Removed"
        case changed = "Changed"
        case unchanged = "Unchanged"
    }

    public var kind: Kind
    public var profile: String
    public var layer: String
    public var type: LayerType
    /// `<pack> <version>`; absent where the layer was not there, or has no pack.
    public var from: String?
    public var to: String?
    public var changes: [RevisionChange]

    public var impact: Impact { changes.map(\.impact).max() ?? .noOp }
}

/// A variable whose value differs. What it does shows in the values that use it.
public struct VariableChange: Sendable, Hashable {
    public var profile: String
    public var name: String
    public var from: JSONValue?
    public var to: JSONValue?
}

/// The difference of two revisions, layer by layer in the order of installation; layers that are gone come last.
public struct RevisionDiff: Sendable, Hashable {
    /// What stands in the place of a sensitive value.
    public static let mask = "(sensitive)"

    public var layers: [LayerDiff]
    public var variables: [VariableChange]

    public var changes: [RevisionChange] { layers.flatMap(\.changes) }
    public var isEmpty: Bool { changes.isEmpty && variables.isEmpty }

    /// The most that the changes do to a host.
    public var hostImpact: Impact { changes.map(\.impact).filter(\.touchesHosts).max() ?? .noOp }

    /// - Parameter old: What the cluster runs; `nil` for a cluster that is yet to be made.
    public init(from old: ClusterRevision?, to new: ClusterRevision) {
        variables = VariableDiff.changes(from: old, to: new)
        guard let old else {
            layers = new.layers.map(LayerDiff.init(creating:))
            return
        }
        let comparison = LayerComparison(from: old, to: new)
        let oldLayers = old.layers
        let newLayers = new.layers
        layers = newLayers.map { layer in
            comparison.diff(from: oldLayers.first { $0.identity == layer.identity }, to: layer)
        }
        let kept = Set(newLayers.map(\.identity))
        layers += oldLayers.filter { !kept.contains($0.identity) }.map(LayerDiff.init(removing:))
    }

    /// Takes in what differs from yet another revision that hosts run; what changes already is not said twice.
    mutating func add(_ other: RevisionDiff) {
        for layer in other.layers {
            let own = layers.firstIndex {
                $0.layer == layer.layer && $0.profile == layer.profile && $0.type == layer.type
            }
            guard let own else {
                layers.append(layer)
                continue
            }
            let known = Set(layers[own].changes.map(\.path))
            layers[own].changes += layer.changes.filter { !known.contains($0.path) }
            if layers[own].kind == .unchanged { layers[own].kind = layer.kind }
        }
        for variable in other.variables
        where !variables.contains(where: { $0.profile == variable.profile && $0.name == variable.name }) {
            variables.append(variable)
        }
    }
}

extension RevisionLayer {
    /// What makes two layers the same one: a cluster has one of each infrastructure layer, and no pack twice.
    fileprivate var identity: String {
        if type.isInfrastructure { return type.rawValue }
        return pack.map { "pack/\($0)" } ?? "layer/\(name)"
    }

    var packTitle: String? { pack.map { "\($0) \(packVersion ?? "")" } }
}

extension LayerDiff {
    fileprivate init(creating layer: RevisionLayer) {
        let rule = layer.type == .os || layer.type == .k8s ? FixedRule.created : FixedRule.layerAdded
        self.init(
            .added, layer, from: nil, to: layer.packTitle, [layer.change("layer", from: nil, to: layer.packTitle, rule)]
        )
    }

    fileprivate init(removing layer: RevisionLayer) {
        let change = layer.change("layer", from: layer.packTitle ?? layer.name, to: nil, FixedRule.layerRemoved)
        self.init(.removed, layer, from: layer.packTitle, to: nil, [change])
    }

    init(_ kind: Kind, _ layer: RevisionLayer, from: String?, to: String?, _ changes: [RevisionChange]) {
        self.init(
            kind: kind, profile: layer.profile, layer: layer.name, type: layer.type, from: from, to: to,
            changes: changes)
    }
}

extension RevisionLayer {
    func change(_ path: String, from: String?, to: String?, _ rule: ImpactRule) -> RevisionChange {
        change(path, from: from.map { .string($0) }, to: to.map { .string($0) }, rule)
    }

    func change(_ path: String, from: JSONValue?, to: JSONValue?, _ rule: ImpactRule) -> RevisionChange {
        RevisionChange(layer: name, layerType: type, path: path, from: from?.masked, to: to?.masked, rule: rule)
    }
}

extension JSONValue {
    /// The value, with the mask in the place of every text that holds a sensitive variable.
    fileprivate var masked: JSONValue {
        switch self {
        case .string: SecretPlaceholder.variables(in: self).isEmpty ? self : .string(RevisionDiff.mask)
        case .array(let elements): .array(elements.map(\.masked))
        case .object(let object): .object(JSONObject(object.map { ($0.key, $0.value.masked) }) { $1 })
        case .null, .bool, .integer, .double: self
        }
    }
}
