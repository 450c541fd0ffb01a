/// A Kubernetes cluster at a site: what the user asks for, and what is known of it.
public struct EdgeCluster: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.corbel, version: "v1alpha1", kind: "EdgeCluster", plural: "edgeclusters", shortNames: ["ec"],
        categories: ["corbel"],
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Phase", .field(["status", "phase"]), "Where the cluster is in its life."),
            .init("Health", .field(["status", "health", "level"]), "Green, Yellow, Red or Unknown."),
            .init("Hosts", .ratio(["status", "readyHosts"], ["status", "hosts"]), "Ready hosts of all."),
            .init("Kubernetes", .field(["status", "kubernetesVersion"]), "The version that runs."),
            .init("Revision", .field(["status", "currentRevision"]), "The revision that runs."),
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init(
                "Authority", .field(["status", "authority"]), "Who may change the intent: Centre or Site.", wide: true),
            .init("Plane", .field(["status", "plane"]), "Whose API server holds the cluster's objects.", wide: true),
        ])

    /// The phases of a cluster's life, in order.
    public enum Phase: String, Sendable {
        case pending = "Pending"
        case provisioning = "Provisioning"
        case pivoting = "Pivoting"
        case running = "Running"
        case updating = "Updating"
        case deleting = "Deleting"
    }

    public var profiles: [ProfileReference] {
        (json["spec", "profiles"]?.arrayValue ?? []).map(ProfileReference.init(json:))
    }

    public var pools: [HostPool] { (json["spec", "pools"]?.arrayValue ?? []).map(HostPool.init(json:)) }

    /// How many hosts serve in the pools that were scaled at the plane that runs the cluster, by pool.
    public var scaledPools: [String: Int] {
        get {
            let counts = json["status", "scaledPools"]?.objectValue ?? [:]
            return counts.reduce(into: [:]) { $0[$1.key] = $1.value.intValue }
        }
        set {
            let counts = newValue.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) }
            json["status", "scaledPools"] = counts.isEmpty ? nil : .object(JSONObject(counts) { _, last in last })
        }
    }

    /// Pools of this cluster with as many hosts as serve: where a pool leaves that open, what it was scaled to counts.
    public func scaled(_ pools: [HostPool]) -> [HostPool] {
        let counts = scaledPools
        return pools.map { pool in
            guard !pool.setsReplicas, let count = counts[pool.name] else { return pool }
            var scaled = pool
            scaled.replicas = min(count, pool.hosts.count)
            return scaled
        }
    }

    public var controlPlanePool: HostPool? { pools.first { $0.role == .controlPlane } }

    public var isPaused: Bool { json["spec", "paused"]?.boolValue ?? false }

    /// The Secret in which the user keeps the hosts' user data, as text.
    public var userDataSecretName: String? { json["spec", "userDataFrom", "name"]?.stringValue }

    /// The Secret in which the centre keeps the same as a JSON document, as hosts apply it.
    public static func userDataDocumentName(_ cluster: String) -> String { "\(cluster)-user-data" }

    public var certificateRenewal: CertificateRenewalPolicy {
        json["spec", "certificates", "renewal"]?.stringValue.flatMap(CertificateRenewalPolicy.init) ?? .automatic
    }

    /// From when on hosts are to renew their certificates because somebody asks for it.
    public var renewCertificatesAfter: Timestamp? {
        json["spec", "certificates", "renewAfter"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    /// The values of profile variables, by profile variable name.
    public var variables: [String: JSONValue] {
        let object = json["spec", "variables"]?.objectValue ?? [:]
        return Dictionary(object.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    public var phase: Phase {
        get { json["status", "phase"]?.stringValue.flatMap(Phase.init) ?? .pending }
        set { json["status", "phase"] = .string(newValue.rawValue) }
    }

    /// The revision that the cluster runs: the last one that every host has committed.
    public var currentRevision: String? {
        get { json["status", "currentRevision"]?.stringValue }
        set { json["status", "currentRevision"] = newValue.map { .string($0) } }
    }

    /// The host whose etcd member leads, as the plane that runs the cluster has last seen it.
    public var etcdLeader: String? {
        get { json["status", "etcdLeader"]?.stringValue }
        set { json["status", "etcdLeader"] = newValue.map { .string($0) } }
    }

    /// The newest revision made of the intent.
    public var latestRevision: String? {
        get { json["status", "latestRevision"]?.stringValue }
        set { json["status", "latestRevision"] = newValue.map { .string($0) } }
    }

    /// The epoch of the intent authority; it rises with every handing over.
    public var epoch: Int {
        get { json["status", "epoch"]?.intValue ?? 1 }
        set { json["status", "epoch"] = JSONValue(newValue) }
    }
}

/// When certificates of Kubernetes on a cluster's hosts are renewed.
public enum CertificateRenewalPolicy: String, Sendable, Hashable, CaseIterable {
    /// Thirty days before they end.
    case automatic = "Automatic"
    /// When somebody asks for it: `spec.certificates.renewAfter`.
    case onRequest = "OnRequest"
}

/// A profile that a cluster uses.
public struct ProfileReference: Sendable, Hashable {
    public var name: String
    public var version: String

    init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        version = json["version"]?.stringValue ?? ""
    }
}

/// A group of hosts of one role.
public struct HostPool: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable {
        case controlPlane = "control-plane"
        case worker
    }

    public var name: String
    public var role: Role
    /// How many hosts serve: where the pool leaves it open, all that it names and may have.
    public var replicas: Int
    /// Whether the pool says how many hosts serve, which nobody can then scale.
    public var setsReplicas: Bool
    public var minimum: Int?
    public var maximum: Int?
    /// The names of the EdgeHosts that may serve, in order of preference.
    public var hosts: [String]
    /// The EdgeHosts that stand by to replace a failed one.
    public var spares: [String]
    public var replacesFailedHosts: Bool
    public var maxUnavailable: Int
    public var labels: [String: String]
    public var taints: [JSONValue]

    public init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        role = json["role"]?.stringValue.flatMap(Role.init) ?? .worker
        hosts = json["hosts"]?.stringList ?? []
        minimum = json["minReplicas"]?.intValue
        maximum = json["maxReplicas"]?.intValue
        setsReplicas = json["replicas"]?.intValue != nil
        replicas = json["replicas"]?.intValue ?? min(hosts.count, maximum ?? hosts.count)
        spares = json["spares"]?.stringList ?? []
        replacesFailedHosts = json["replaceFailedHosts"]?.boolValue ?? false
        maxUnavailable = json["maxUnavailable"]?.intValue ?? 1
        labels = json["labels"]?.stringMap ?? [:]
        taints = json["taints"]?.arrayValue ?? []
    }
}

extension EdgeCluster {
    /// Whether the API server of the site holds the objects of the cluster: from the commit of its pivot on.
    public var isAtSite: Bool { json["status", "plane"]?.stringValue == "Site" }
}

extension EdgeCluster {
    private static let specSchema = Schema.object(
        "What the cluster should be.", required: ["profiles", "pools"],
        [
            "profiles": .array(
                "One infra or full profile, and any number of add-on profiles.",
                of: .object(
                    "A profile and its version.", required: ["name", "version"],
                    [
                        "name": .name("The ClusterProfile's name."),
                        "version": .string("The ClusterProfile's semantic version."),
                    ]),
                .map(keys: ["name"])
            ).items(1...64),
            "variables": .map("Values of the profiles' variables.", of: .any("A value.")),
            "variablesFrom": .array(
                "Secrets whose entries give values to sensitive variables.",
                of: .object("A Secret.", required: ["name"], ["name": .name("The Secret's name.")]),
                .map(keys: ["name"])),
            "pools": poolsSchema,
            "paused": .boolean("Whether reconciliation rests.").defaulting(to: false),
            "network": networkSchema,
            "update": .object(
                "How updates roll through.",
                [
                    "drainTimeout": .duration("How long an eviction may be refused before the rollout halts.")
                        .defaulting(to: "15m"),
                    "validateTimeout": .duration("How long a host has to become healthy in its new slot.")
                        .defaulting(to: "10m"),
                    "validateLimit": .duration(
                        "The hard limit that causes outside the host may extend the deadline to."
                    )
                    .defaulting(to: "1h"),
                ]),
            "certificates": .object(
                "How certificates of Kubernetes on the hosts of the control plane are renewed.",
                [
                    "renewal": .string(
                        "Whether they are renewed 30 days before they end, or when somebody asks for it alone.",
                        oneOf: CertificateRenewalPolicy.allCases.map(\.rawValue)
                    ).defaulting(to: .string(CertificateRenewalPolicy.automatic.rawValue)),
                    "renewAfter": .time(
                        "From this time on every host renews those that it has not renewed at this request."),
                ]),
            "sshAuthorizedKeys": .array(
                "Keys for the hosts' administrator, as cloud-init has them.", of: Schema(.string), .set),
            "userDataFrom": .object(
                "A Secret whose key `userData` holds cloud-init user data for every host.", required: ["name"],
                ["name": .name("The Secret's name.")]),
        ])

    private static let poolsSchema = Schema.array(
        "The groups of hosts: one control plane, any number of workers.",
        of: .object(
            "A group of hosts.", required: ["name", "role"],
            [
                "name": .name("The pool's name."),
                "role": .string("What the hosts do.", oneOf: ["control-plane", "worker"]),
                "replicas": .integer(
                    "How many hosts serve; where it is open, all that are named until somebody scales the pool.",
                    0...1000),
                "minReplicas": .integer("Scaling below this is refused.", 0...1000),
                "maxReplicas": .integer("Scaling above this is refused.", 0...1000),
                "hosts": .array("The EdgeHosts that may serve.", of: .name("An EdgeHost's name."), .set),
                "spares": .array("The EdgeHosts that replace a failed one.", of: .name("An EdgeHost's name."), .set),
                "replaceFailedHosts": .boolean("Whether a spare takes over without being asked.").defaulting(to: false),
                "maxUnavailable": .integer("How many hosts may be down through an update at once.", 1...100)
                    .defaulting(to: 1),
                "labels": .strings("Labels of the nodes."),
                "taints": .array("Taints of the nodes.", of: .taint, .atomic),
            ]), .map(keys: ["name"])
    ).items(1...64)

    private static let networkSchema = Schema.object(
        "Addresses.",
        [
            "podCIDR": .string("The addresses of pods.").defaulting(to: "100.64.0.0/18"),
            "serviceCIDR": .string("The addresses of services.").defaulting(to: "100.64.64.0/18"),
            "controlPlaneEndpoint": .object(
                "Where clients reach the API server.",
                [
                    "host": .string("A name or an address."),
                    "port": .integer("A port.", 1...65535).defaulting(to: 6443),
                ]),
        ])

    private static let statusSchema = Schema.object(
        "What is known of the cluster.",
        [
            "phase": .string("Where the cluster is in its life."),
            "conditions": .conditions,
            "observedGeneration": .integer("The generation that the status speaks of."),
            "authority": .string("Who may change the intent.", oneOf: ["Centre", "Site"]),
            "epoch": .integer("The epoch of that authority."),
            "plane": .string("Whose API server holds the cluster's objects.", oneOf: ["Centre", "Site"]),
            "currentRevision": .string("The revision that every host runs."),
            "latestRevision": .string("The newest revision made of the intent."),
            "kubernetesVersion": .string("The Kubernetes version that runs."),
            "pools": .array("The pools as accepted: every host that they name is claimed.", of: .anyObject("A pool.")),
            "etcdLeader": .string("The host whose etcd member leads, and which an update touches last."),
            "certificates": .object(
                "The certificate of Kubernetes that ends first on any host.",
                [
                    "host": .string("The host."), "name": .string("Which one it is."),
                    "expires": .time("When it ends."),
                ]),
            "scaledPools": .map("How many hosts serve in pools that were scaled, by pool.", of: .integer("Hosts.")),
            "members": .array("The hosts that have a Machine.", of: Schema(.string)),
            "handedBack": .array(
                "The hosts that were let go of before they were reset: the centre resets them when they are heard of.",
                of: Schema(.string)),
            "takenBack": .array("Those of them that have been reset since.", of: Schema(.string)),
            "layers": .array("The layers: name, whether ready, and what is missing.", of: .anyObject("A layer.")),
            "hosts": .integer("How many hosts belong to the cluster."),
            "readyHosts": .integer("How many of them are ready."),
            "health": .anyObject("The level (Green, Yellow, Red, Unknown) and the reasons."),
            "pivot": .anyObject("How far the pivot is: step, epoch, digest."),
            "site": .anyObject("How the site's API server is reached: endpoints and certificate authority."),
            "waits": .array("What the cluster waits for.", of: .anyObject("One wait.")),
            "lastReport": .time("When the site last reported."),
        ])
}

extension Schema {
    static let taint = Schema.object(
        "A taint (core/v1 Taint).", required: ["key", "effect"],
        [
            "key": .string("The taint's key."),
            "value": .string("The taint's value."),
            "effect": .string("What it does.", oneOf: ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
        ])
}
