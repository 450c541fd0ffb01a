import ControlLoop
import CorbelAPI

/// What the centre makes of a site's report when nothing is heard of the site (law 6): the last report is kept and no
/// longer believed.
struct SiteReachability {
    private let hosts: [EdgeHost]

    init(of cluster: EdgeCluster, in snapshot: Snapshot) {
        hosts = snapshot.list(EdgeHost.self, namespace: cluster.namespace).filter {
            $0.consumerCluster == cluster.name && cluster.members.contains($0.name)
        }
    }

    /// Whether every host of the site is silent. A host that has no such condition yet has not been judged.
    private var isSilent: Bool {
        !hosts.isEmpty && hosts.allSatisfy { $0.condition("Reachable").map { $0.status != .isTrue } ?? false }
    }

    /// Shows of a cluster at its site what may be believed.
    func judge(_ cluster: inout EdgeCluster) {
        guard cluster.plane == .site else { return }
        cluster.json["status", "health"] = judged(cluster.json["status", "health"])
    }

    /// The health to show: Unknown with the last report below it while the site is silent, the report itself otherwise.
    private func judged(_ health: JSONValue?) -> JSONValue? {
        guard let health else { return nil }
        let reported = health["reported"]
        guard isSilent else { return reported ?? health }
        let names = hosts.map(\.name).joined(separator: ", ")
        return [
            "level": "Unknown",
            "reasons": [
                [
                    "level": "Unknown", "reason": "SiteUnreachable",
                    "message": .string("none of the hosts is heard of: \(names)"),
                ]
            ],
            "reported": reported ?? health,
        ]
    }
}
