import CorbelAPI
import Distros
import Effects
import HostPlan
import ResourceClient

/// A host as a distribution needs to know it.
struct NodeSettings: Sendable {
    var distribution: any Distros.Distribution
    var specification: NodeSpecification
    /// Whether the host begins the cluster.
    var isFirst: Bool
    /// The keys that the cluster lets its administrator in with.
    var administratorSteps: [HostStep]
    var stages: HostStages
    /// What lets the host in, while it has yet to join.
    var join: JoinMaterial?
}

/// Where the settings of a host come from: its bootstrap Secret and the ClusterRevision, read from the plane that the
/// host obeys; and from the host's own copy when no plane can be reached.
struct SettingsReader: Sendable {
    let configuration: AgentConfiguration
    let record: HostRecordFiles
    /// The plane that the host's HostMachine was last seen in, with the namespace of its objects.
    let plane: @Sendable () async -> (client: any ResourceClient, namespace: String)?

    /// The settings for a state; `nil` for a host that belongs to no cluster.
    func node(for state: HostState) async throws -> NodeSettings? {
        if let fresh = try await fetch(state) {
            // The copy on the disk is without the keys that let a host in: they are needed once.
            var kept = fresh
            kept["join"] = nil
            try await record.save(settings: kept)
            return try nodeSettings(fresh, kubernetesVersion: state.kubernetesVersion)
        }
        guard let json = try await record.settings() else { return nil }
        return try nodeSettings(json, kubernetesVersion: state.kubernetesVersion)
    }

    /// The settings that the host last had.
    func lastNode() async throws -> NodeSettings? {
        guard let json = try await record.settings() else { return nil }
        return try nodeSettings(json, kubernetesVersion: json["kubernetesVersion"]?.stringValue ?? "")
    }

    func distributionName() async throws -> String? { try await record.settings()?["distribution"]?.stringValue }

    /// What the plane says, or `nil` where it cannot be asked: then the copy serves.
    private func fetch(_ state: HostState) async throws -> JSONValue? {
        guard let plane = await plane() else { return nil }
        do {
            let revision = ClusterRevision(
                try await plane.client.get(ClusterRevision.key(namespace: plane.namespace, name: state.revision)))
            let name = "\(revision.clusterName)-\(configuration.name)-bootstrap"
            let secret = try await plane.client.get(Secret.key(namespace: plane.namespace, name: name))
            return try Self.settings(revision, secret)
        } catch let error as StatusError where error.isTransient || error.reason == .notFound {
            return nil
        }
    }

    private static func settings(_ revision: ClusterRevision, _ secret: Unstructured) throws -> JSONValue {
        guard let bytes = secret.json["data", "value"]?.stringValue.flatMap(Base64.decode) else {
            throw StatusError(.invalid, "the bootstrap Secret \(secret.name) has no entry `value` in base64")
        }
        var settings = try JSONValue(parsing: bytes)
        settings["distribution"] = .string(revision.distribution.rawValue)
        settings["kubernetesVersion"] = .string(revision.kubernetesVersion)
        settings["values"] = revision.kubernetesValues
        settings["osValues"] = revision.osValues
        for entry in ["join", "userData"] {
            settings[entry] = try secret.json["data", entry]?.stringValue.flatMap(Base64.decode)
                .map { try JSONValue(parsing: $0) }
        }
        return settings
    }

    private func nodeSettings(_ json: JSONValue, kubernetesVersion: String) throws -> NodeSettings {
        let name = json["distribution"]?.stringValue ?? ""
        guard let distribution = Distributions.named(name) else {
            throw HostFailure(.invalid, "this agent does not know the distribution \"\(name)\"")
        }
        let network = json["network"] ?? .object([:])
        let endpoint = network["controlPlaneEndpoint"]
        let specification = NodeSpecification(
            clusterName: json["cluster"]?.stringValue ?? "", nodeName: configuration.name,
            address: configuration.address,
            role: json["role"]?.stringValue.flatMap(HostPool.Role.init) ?? .worker,
            kubernetesVersion: kubernetesVersion,
            endpointHost: endpoint?["host"]?.stringValue ?? "127.0.0.1",
            endpointPort: endpoint?["port"]?.intValue ?? 6443, balancerPort: configuration.balancerPort,
            podCIDR: network["podCIDR"]?.stringValue ?? "100.64.0.0/18",
            serviceCIDR: network["serviceCIDR"]?.stringValue ?? "100.64.64.0/18",
            labels: json["labels"]?.stringMap ?? [:], taints: json["taints"]?.arrayValue ?? [],
            values: json["values"] ?? .object([:]))
        let keys = json["sshAuthorizedKeys"]?.stringList ?? []
        let administratorSteps =
            keys.isEmpty ? [] : [HostStep("administrator's keys", .authorizeKeys(user: "root", keys: keys))]
        return NodeSettings(
            distribution: distribution, specification: specification, isFirst: json["mode"]?.stringValue == "Init",
            administratorSteps: administratorSteps,
            stages: HostStages(profile: json["osValues", "stages"], userData: json["userData"]),
            join: try json["join"].map { try JoinMaterial(json: $0) })
    }
}
