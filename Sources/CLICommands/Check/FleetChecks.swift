import CorbelAPI
import Profiles
import Revisions

/// What a cluster needs before it can be made: hosts, profiles, packs.
enum FleetChecks {
    static func hosts(_ hosts: [EdgeHost]) -> [CheckResult] {
        guard !hosts.isEmpty else {
            return [
                .failure(
                    "hosts have registered", "there is none",
                    hint: "`corbel token create` makes a token for corbel-agent to register with")
            ]
        }
        let free = hosts.filter { $0.consumerCluster == nil && $0.isApproved }.count
        return [.ok("hosts have registered", "\(hosts.count), of which \(free) are approved and free")]
            + hosts.flatMap(host)
    }

    /// The checks of one host; a sound one says nothing.
    static func host(_ host: EdgeHost) -> [CheckResult] {
        var results: [CheckResult] = []
        if !host.isApproved {
            results.append(
                .warning(
                    "the host \(host.name) is approved", "it waits for approval",
                    hint: "compare its key, then `corbel host approve \(host.name)`"))
        }
        switch host.condition("Reachable")?.status {
        case .isTrue: break
        case .isFalse:
            results.append(
                .failure(
                    "the host \(host.name) is reachable",
                    host.condition("Reachable")?.message ?? "nothing is heard of it",
                    hint: "check its power, its network and corbel-agent on it"))
        case .unknown, nil:
            results.append(
                .warning(
                    "the host \(host.name) is reachable", "it has not been heard of yet",
                    hint: "repeat the command in a minute"))
        }
        return results
    }

    static func profiles(_ profiles: [ClusterProfile], packs: [Pack]) -> [CheckResult] {
        guard !profiles.isEmpty else {
            return [.failure("profiles are there", "there is none", hint: "corbel apply -f examples/profiles")]
        }
        return profiles.map { profile in
            let what = "the profile \(profile.profileName) \(profile.version) is sound"
            let problems = ProfileResolver.validate(profile).map(\.description)
            let missing = profile.layers.compactMap(\.pack).filter { reference in
                !packs.contains { $0.packName == reference.name && $0.version == reference.version }
            }.map { "there is no pack \($0.name) \($0.version)" }
            let all = problems + missing
            guard !all.isEmpty else { return .ok(what) }
            return .failure(
                what, all.joined(separator: "; "), hint: "correct the profile, or apply the packs that it names")
        }
    }
}
