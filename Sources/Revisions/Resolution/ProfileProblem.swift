public import CorbelAPI

/// Something wrong with a profile, or with what a cluster makes of it: where it stands, what it holds, what is allowed.
public struct ProfileProblem: Error, Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case invalidVersion = "InvalidVersion"
        case invalidYAML = "InvalidYAML"
        case invalidManifest = "InvalidManifest"
        case invalidProbe = "InvalidProbe"
        case layersOutOfOrder = "LayersOutOfOrder"
        case layerMissing = "LayerMissing"
        case layerNotAllowed = "LayerNotAllowed"
        case duplicateLayer = "DuplicateLayer"
        case duplicatePack = "DuplicatePack"
        case packMissing = "PackMissing"
        case packNotFound = "PackNotFound"
        case packLayerMismatch = "PackLayerMismatch"
        case profileNotFound = "ProfileNotFound"
        case composition = "Composition"
        case unknownDistribution = "UnknownDistribution"
        case unknownMacro = "UnknownMacro"
        case unresolvedReference = "UnresolvedReference"
        case referenceCycle = "ReferenceCycle"
        case undeclaredVariable = "UndeclaredVariable"
        case missingVariable = "MissingVariable"
        case invalidVariable = "InvalidVariable"
        case immutableVariable = "ImmutableVariable"
        case sensitiveValue = "SensitiveValue"
        case imageMissing = "ImageMissing"
        case imageNotPinned = "ImageNotPinned"
        case invalidStage = "InvalidStage"
        case networkPackChanged = "NetworkPackChanged"
        case storagePackChanged = "StoragePackChanged"
        case distributionChanged = "DistributionChanged"
        case kubernetesDowngrade = "KubernetesDowngrade"
        case kubernetesMinorSkipped = "KubernetesMinorSkipped"
    }

    public var reason: Reason
    /// The profile's name and version, such as `infrastructure 1.0.0`; empty where the problem is the cluster's own.
    public var profile: String
    public var layer: String?
    /// The path or the line within the layer's values or manifests, or the variable.
    public var path: String?
    /// The value found; absent where there is none, and where it is sensitive.
    public var value: JSONValue?
    /// What is wrong, and what is allowed.
    public var message: String
    /// The field of the object that holds the mistake, such as `spec.layers[1].values`.
    public var field: String

    public init(
        _ reason: Reason, profile: String = "", layer: String? = nil, path: String? = nil, value: JSONValue? = nil,
        field: String, _ message: String
    ) {
        self.reason = reason
        self.profile = profile
        self.layer = layer
        self.path = path
        self.value = value
        self.message = message
        self.field = field
    }

    /// The problem as the API server tells it.
    public var fieldError: FieldError {
        let place = path.map { "\($0): " } ?? ""
        return FieldError(errorReason, field, value: value, place + message)
    }

    private var errorReason: FieldError.Reason {
        switch reason {
        case .missingVariable, .layerMissing, .packMissing, .imageMissing: .required
        case .duplicateLayer, .duplicatePack: .duplicate
        case .profileNotFound, .packNotFound: .notFound
        case .immutableVariable, .networkPackChanged, .storagePackChanged, .distributionChanged, .kubernetesDowngrade,
            .kubernetesMinorSkipped, .layerNotAllowed, .sensitiveValue:
            .forbidden
        case .unknownDistribution: .notSupported
        default: .invalid
        }
    }
}

extension ProfileProblem: CustomStringConvertible {
    /// One line for people: `profile infrastructure 1.0.0, layer k8s, cluster.name: message: "value"`.
    public var description: String {
        let places = [profile.isEmpty ? nil : "profile \(profile)", layer.map { "layer \($0)" }, path]
        let place = places.compactMap(\.self).joined(separator: ", ")
        let shown = value.map { ": \($0.encodedText.prefix(200))" } ?? ""
        return (place.isEmpty ? field : place) + ": " + message + shown
    }
}
