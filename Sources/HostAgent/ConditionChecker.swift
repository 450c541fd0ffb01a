import CorbelAPI
import Effects
import HostPlan
import ResourceClient

/// Looks whether a condition holds now. What cannot be asked does not hold.
struct ConditionChecker: Sendable {
    let effects: HostEffects
    let site: SiteAccess
    let etcd: EtcdClient

    init(effects: HostEffects, site: SiteAccess, address: String) {
        self.effects = effects
        self.site = site
        etcd = EtcdClient(effects: effects, address: address)
    }

    func holds(_ condition: HostCondition) async throws -> Bool {
        do {
            return try await check(condition)
        } catch is StatusError {
            return false
        } catch is EffectError {
            return false
        } catch is HostFailure {
            return false
        }
    }

    private func check(_ condition: HostCondition) async throws -> Bool {
        switch condition {
        case .fileExists(let path): try await effects.files.exists(path)
        case .serviceActive(let name): try await effects.services.state(of: name) == .active
        case .apiServerReady: try await site.isReady()
        case .nodeRegistered(let name): try await node(name) != nil
        case .nodeReady(let name): try await node(name)?.isReady ?? false
        case .etcdMemberVotes(let name): try await etcd.members().contains { $0.name == name && !$0.isLearner }
        case .versionRuns(let component, let version): try await runs(component, version)
        case .certificateLasts(let paths, let time):
            await CertificateReader(files: effects.files).end(ofFirstIn: paths)
                .map { $0 > effects.worldTime.now + time } ?? false
        case .shell(let script):
            try await effects.commands.run(Command("sh", ["-c", script], timeout: .seconds(30))).isSuccess
        case .osName(let pattern): try await osName(matches: pattern)
        }
    }

    private func node(_ name: String) async throws -> Node? { try await site.node()?.find(Node.self, name: name) }

    /// Reads the version of a component from the file in which the slot's kubelet or the static pod's manifest states
    /// it.
    private func runs(_ component: String, _ version: String) async throws -> Bool {
        if component == "kubelet" {
            let result = try await effects.commands.run(Command("kubelet", ["--version"], timeout: .seconds(10)))
            let words = String(decoding: result.output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            let isActive = try await effects.services.state(of: "kubelet") == .active
            return result.isSuccess && isActive && words.last == "v\(version)"
        }
        let manifest = "/etc/kubernetes/manifests/\(component).yaml"
        guard try await effects.files.exists(manifest) else { return false }
        let text = String(decoding: try await effects.files.read(manifest, limit: 1 << 20), as: UTF8.self)
        return text.contains("\(component):v\(version)")
    }

    private func osName(matches pattern: String) async throws -> Bool {
        let text = String(decoding: try await effects.files.read("/etc/os-release", limit: 64 << 10), as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("NAME=") }) else { return false }
        let name = line.dropFirst("NAME=".count).filter { $0 != "\"" }
        return try name.firstMatch(of: Regex(pattern)) != nil
    }
}
