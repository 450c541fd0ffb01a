import CorbelAPI
import Revisions

/// Checks which profiles stand together, and brings their layers into the order of installation.
enum Composition {
    /// The profiles that the cluster names, in its order.
    static func select(_ input: ResolutionInput) -> (profiles: [ClusterProfile], problems: [ProfileProblem]) {
        var profiles: [ClusterProfile] = []
        var problems: [ProfileProblem] = []
        for (index, reference) in input.cluster.profiles.enumerated() {
            let named = input.profiles.filter { $0.profileName == reference.name || $0.name == reference.name }
            if let profile = named.first(where: { $0.version == reference.version }) {
                profiles.append(profile)
                continue
            }
            let versions = Set(named.map(\.version)).sorted().joined(separator: ", ")
            let known = versions.isEmpty ? "there is no profile of that name" : "its versions are \(versions)"
            problems.append(
                ProfileProblem(
                    .profileNotFound, profile: "\(reference.name) \(reference.version)",
                    field: "spec.profiles[\(index)]", "profile not found: \(known)"))
        }
        return (profiles, problems)
    }

    /// One infra or full profile, any number of add-ons, no pack twice, no layer name twice.
    static func check(_ profiles: [ClusterProfile]) -> [ProfileProblem] {
        let bases = profiles.filter { $0.type == .infra || $0.type == .full }
        var problems: [ProfileProblem] = []
        if bases.count != 1 {
            let names = bases.map { ProfileSource($0).title }.joined(separator: ", ")
            problems.append(
                ProfileProblem(
                    .composition, field: "spec.profiles",
                    "a cluster takes exactly one infra or full profile and any number of add-ons; "
                        + (bases.isEmpty ? "it names none" : "it names \(names)")))
        }
        return problems + duplicates(in: profiles)
    }

    private static func duplicates(in profiles: [ClusterProfile]) -> [ProfileProblem] {
        var packs: [String: String] = [:]
        var names: [String: String] = [:]
        var problems: [ProfileProblem] = []
        for profile in profiles {
            let title = ProfileSource(profile).title
            for (index, layer) in profile.layers.enumerated() {
                let field = "spec.layers[\(index)]"
                if let pack = layer.pack?.name, let other = packs.updateValue(title, forKey: pack), other != title {
                    problems.append(
                        ProfileProblem(
                            .duplicatePack, profile: title, layer: layer.name, value: .string(pack),
                            field: "\(field).pack",
                            "profile \(other) has the pack already: a cluster takes no pack twice"))
                }
                if let other = names.updateValue(title, forKey: layer.name), other != title {
                    problems.append(
                        ProfileProblem(
                            .duplicateLayer, profile: title, layer: layer.name, value: .string(layer.name),
                            field: "\(field).name", "profile \(other) has a layer of that name already"))
                }
            }
        }
        return problems
    }

    /// Infrastructure first, in its order; then the add-ons by priority, and within one as the cluster and its
    /// profiles name them.
    static func inOrder(_ layers: [LayerSource]) -> [LayerSource] {
        layers.enumerated().sorted { left, right in
            let (one, other) = (left.element.layer, right.element.layer)
            if one.type != other.type { return one.type < other.type }
            if one.installPriority != other.installPriority { return one.installPriority < other.installPriority }
            return left.offset < right.offset
        }.map(\.element)
    }
}
