import CorbelAPI
import YAML

/// A profile as a cluster uses it.
struct ProfileSource {
    var name: String
    var version: String
    var type: ClusterProfile.ProfileType
    var variables: [String: VariableValue] = [:]

    init(_ profile: ClusterProfile) {
        name = profile.profileName
        version = profile.version
        type = profile.type ?? .addOn
    }

    /// How messages name the profile.
    var title: String { "\(name) \(version)" }
}

/// What a variable has come to for a cluster.
enum VariableValue: Hashable {
    case value(JSONValue)
    case secret(RevisionVariable.SecretReference)
    /// The variable is optional, and nobody gave it a value.
    case absent
    /// The value is wrong, which is reported where it was given.
    case faulty
}

/// A layer with its texts parsed and its macros unresolved.
struct LayerSource {
    var profile: ProfileSource
    var layer: ProfileLayer
    var index: Int
    var pack: Pack?
    /// The pack's values with the profile's over them; strings hold the marks of ``MacroTemplate``.
    var values: JSONValue
    var manifests: [ManifestSource]

    var valuesField: String { "spec.layers[\(index)].values" }
}

/// A text of manifests, parsed.
struct ManifestSource {
    var name: String
    var documents: [YAMLDocument]
    var field: String
}
