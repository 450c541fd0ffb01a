/// What a macro refers to.
enum MacroReference: Hashable {
    case variable(String)
    /// A value of a pack; the path has at least one component.
    case pack(String, path: [String])
    case system(SystemMacro)

    /// Reads an expression such as `.corbel.var.domain`; `nil` for what is no macro that Corbel knows.
    init?(_ expression: String) {
        let parts = expression.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isWellFormed = parts.dropFirst().allSatisfy { part in
            !part.isEmpty && !part.contains { $0.isWhitespace || "|(){}\"'".contains($0) }
        }
        guard isWellFormed, parts.count >= 4, parts[0].isEmpty else { return nil }
        let rest = Array(parts[3...])
        switch parts[2] {
        case "var" where rest.count == 1: self = .variable(rest[0])
        case "pack" where rest.count >= 2: self = .pack(rest[0], path: Array(rest.dropFirst()))
        case "system":
            guard let system = SystemMacro(rawValue: rest.joined(separator: ".")) else { return nil }
            self = .system(system)
        default: return nil
        }
    }

    /// What is allowed, for messages.
    static let known =
        "macros are {{ .corbel.var.<name> }}, {{ .corbel.pack.<pack>.<path> }} and {{ .corbel.system.<name> }} with "
        + SystemMacro.allCases.map(\.rawValue).joined(separator: ", ") + "; there are no functions"

    /// The name under which a revision records that the image's reference is made of it.
    var inputName: String {
        switch self {
        case .variable(let name): "var.\(name)"
        case .pack(let pack, let path): "pack.\(pack).\(path.joined(separator: "."))"
        case .system(let system): "system.\(system.rawValue)"
        }
    }
}

/// What the platform knows of a cluster.
enum SystemMacro: String, CaseIterable, Hashable {
    case clusterName = "cluster.name"
    case clusterUID = "cluster.uid"
    case clusterNamespace = "cluster.namespace"
    case kubernetesVersion = "kubernetes.version"
    case projectName = "project.name"
    case profileName = "clusterprofile.name"
    case profileVersion = "clusterprofile.version"
    case infraProfileName = "clusterprofile.infra.name"
    case infraProfileVersion = "clusterprofile.infra.version"
}
