import CorbelAPI
import Revisions

/// Compares a revision's stack with the combinations that are listed.
enum CombinationWarnings {
    static func warnings(distribution: Distribution, layers: [RevisionLayer]) -> [ProfileWarning] {
        guard let row = SupportedCombinations.rows.first(where: { $0.distribution == distribution }) else { return [] }
        return layers.compactMap { layer in
            switch layer.type {
            case .os:
                warning(
                    "UnlistedOperatingSystem", "operating system", operatingSystem(layer), row.operatingSystems, row)
            case .k8s: kubernetesWarning(layer)
            case .cni: warning("UnlistedNetwork", "CNI", family(layer), row.networks, row)
            case .csi: warning("UnlistedStorage", "CSI", family(layer), row.storages, row)
            case .addon: nil
            }
        }
    }

    /// An image that a customer builds says in its values what it is; its pack's name does not.
    private static func operatingSystem(_ layer: RevisionLayer) -> String {
        let stated = layer.values["options", "system", "osName"]?.stringValue ?? ""
        return stated.isEmpty ? family(layer) : SupportedCombinations.family(stated)
    }

    private static func family(_ layer: RevisionLayer) -> String { SupportedCombinations.family(layer.pack ?? "") }

    private static func warning(
        _ reason: String, _ part: String, _ found: String, _ listed: [String], _ row: SupportedCombinations.Row
    ) -> ProfileWarning? {
        guard !listed.contains(found) else { return nil }
        return ProfileWarning(
            reason,
            "\(row.title) with the \(part) \(found) is no listed combination; listed: \(listed.joined(separator: ", "))"
        )
    }

    private static func kubernetesWarning(_ layer: RevisionLayer) -> ProfileWarning? {
        let minors = SupportedCombinations.kubernetesMinors
        guard let version = layer.packVersion.flatMap({ SemanticVersion($0) }),
            version.major != 1 || !minors.contains(version.minor)
        else { return nil }
        return ProfileWarning(
            "UnlistedKubernetesVersion",
            "Kubernetes \(version) is no listed version; listed: 1.\(minors.lowerBound) to 1.\(minors.upperBound)")
    }
}
