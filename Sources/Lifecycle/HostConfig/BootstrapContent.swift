import ControlLoop
import CorbelAPI

/// What a bootstrap Secret holds: `value`, a JSON document of settings (the contract's key), and for a host that
/// joins, `join`, what the site's agents publish for its role; `userData` is the user's cloud-init data as JSON.
struct BootstrapContent {
    private let config: HostConfig
    private let scope: ClusterScope
    private let machine: Machine?

    init(_ config: HostConfig, _ scope: ClusterScope) {
        self.config = config
        self.scope = scope
        machine = scope.find(config.name)
    }

    var host: String { machine?.hostName ?? "" }

    /// What lets a host of this role in. A worker's never holds the keys of an authority.
    private var joinMaterial: JSONValue? {
        let published: Secret? = scope.find(ObjectName.joinSecret(scope.name))
        return published?.json["data", config.role.rawValue]
    }

    private var revision: ClusterRevision? { scope.find(config.revision) }
    private var userDataName: String? { scope.edgeCluster?.userDataSecretName }
    private var userData: Secret? {
        userDataName.flatMap { _ in scope.find(EdgeCluster.userDataDocumentName(scope.name)) }
    }

    /// What is missing; nil when the Secret can be made.
    var obstacle: Wait? {
        if machine == nil || revision == nil {
            return Wait(
                "RevisionMissing", "the revision \(config.revision) is not here", on: config.key,
                unblockedBy: "the ClusterRevision arrives in this plane")
        }
        if config.mode == .join, joinMaterial == nil {
            return Wait(
                "WaitingForJoinMaterial",
                "the Secret \(ObjectName.joinSecret(scope.name)) has no entry \(config.role.rawValue)",
                on: Secret.key(namespace: scope.namespace, name: ObjectName.joinSecret(scope.name)),
                unblockedBy: "the agent of the control-plane host that leads the site publishes it")
        }
        guard let name = userDataName, userData == nil else { return nil }
        let document = EdgeCluster.userDataDocumentName(scope.name)
        return Wait(
            "UserDataMissing", "the Secret \(document), which the centre makes of the Secret \(name), is not here",
            on: Secret.key(namespace: scope.namespace, name: document),
            unblockedBy: "the centre has read the Secret \(name), and its link to this plane is up")
    }

    func secret(over present: Secret?) -> Secret {
        var secret = present ?? Secret(namespace: config.namespace, name: ObjectName.bootstrapSecret(config.name))
        secret.labels[WellKnown.clusterName] = scope.name
        if present == nil {
            secret.setController(config)
            secret.type = clusterSecretType
        }
        var data: JSONValue = ["value": .string(Base64.encode(settings.encoded))]
        if config.mode == .join { data["join"] = joinMaterial }
        data["userData"] = userData?.json["data", "userData"]
        secret.json["data"] = data
        return secret
    }

    /// The Secret with fresh join material, and everything else as the host became a member with it.
    func letInAnew(over present: Secret) -> Secret {
        var secret = present
        if config.mode == .join { secret.json["data", "join"] = joinMaterial }
        return secret
    }

    private var settings: JSONValue {
        let pool = machine.flatMap { scope.pool(named: $0.pool) }
        var settings: JSONValue = [
            "cluster": .string(scope.name), "host": .string(host), "mode": .string(config.mode.rawValue),
            "role": .string(config.role.rawValue), "revision": .string(config.revision),
            "labels": JSONValue(pool?.labels ?? [:]), "taints": .array(pool?.taints ?? []),
            "sshAuthorizedKeys": scope.edgeCluster?.spec["sshAuthorizedKeys"] ?? [],
        ]
        settings["network"] = scope.edgeCluster?.spec["network"]
        settings["controlPlaneEndpoint"] = scope.cluster?.spec["controlPlaneEndpoint"]
        return settings
    }
}
