import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport

/// What a simulated host is in its cluster; kept on its disk, so that a boot finds it.
struct SimulatedMember: Sendable, Hashable {
    enum Role: String, Sendable {
        case controlPlane = "control-plane"
        case worker
    }

    var name: String
    var role: Role
    /// etcd's members when this one began, as `--initial-cluster` takes them; empty on a worker.
    var initialCluster: String
    var joinsEtcd = false
    /// kubeadm's `nodeRegistration`: labels and taints of the node.
    var registration: JSONValue = [:]

    init(name: String, role: Role, initialCluster: String, joinsEtcd: Bool = false) {
        self.name = name
        self.role = role
        self.initialCluster = initialCluster
        self.joinsEtcd = joinsEtcd
    }

    init(json: JSONValue) {
        name = json["name"]?.stringValue ?? ""
        role = json["role"]?.stringValue.flatMap(Role.init) ?? .worker
        initialCluster = json["initialCluster"]?.stringValue ?? ""
        joinsEtcd = json["joinsEtcd"]?.boolValue ?? false
        registration = json["registration"] ?? .object([:])
    }

    /// The labels that kubeadm hands to kubelet as its argument `node-labels`.
    var nodeLabels: [String: String] {
        let arguments = registration["kubeletExtraArgs"]?.arrayValue ?? []
        let text = arguments.first { $0["name"]?.stringValue == "node-labels" }?["value"]?.stringValue ?? ""
        let pairs = text.split(separator: ",").map { pair in
            let end = pair.firstIndex(of: "=") ?? pair.endIndex
            return (String(pair[..<end]), String(pair[end...].dropFirst()))
        }
        return Dictionary(pairs) { $1 }
    }

    var json: JSONValue {
        [
            "name": .string(name), "role": .string(role.rawValue), "initialCluster": .string(initialCluster),
            "joinsEtcd": .bool(joinsEtcd), "registration": registration,
        ]
    }
}

/// The services of a simulated host: which there are, and what each runs.
struct SimulatedServices: Sendable {
    private static let memberPath = "/etc/kubernetes/corbel/member.json"
    private static let pki = "/etc/kubernetes/pki"

    let machine: SimulatedMachine.Configuration
    let binaries: SimulatedBinaries
    let files: RootedFiles

    private var address: String { machine.address }

    func save(_ member: SimulatedMember) async throws {
        try await files.writeDurably(Self.memberPath, member.json.encoded, mode: 0o600)
    }

    private func member() async throws -> SimulatedMember? {
        guard try await files.exists(Self.memberPath) else { return nil }
        return SimulatedMember(json: try JSONValue(parsing: try await files.read(Self.memberPath, limit: 1 << 16)))
    }

    /// The services of the host, in the order in which they start.
    func names() async throws -> [String] {
        switch try await member()?.role {
        case .controlPlane: ["etcd", "kube-apiserver", "kube-controllers", "kubelet"]
        case .worker: ["kubelet"]
        case nil: []
        }
    }

    func definition(of service: String) async throws -> ServiceDefinition? {
        guard let member = try await member(), try await names().contains(service) else { return nil }
        let log = "\(machine.directory)/logs/\(service).log"
        switch service {
        case "etcd":
            return ServiceDefinition(program: "etcd", arguments: etcdArguments(member), logPath: log)
        case "kube-apiserver": return standin("apiserver", log)
        case "kube-controllers": return standin("controllers", log)
        default: return standin("kubelet", log)
        }
    }

    private func standin(_ role: String, _ log: String) -> ServiceDefinition {
        ServiceDefinition(
            program: machine.standinPath,
            arguments: [
                role, "--config", files.outside("/etc/kubernetes/standin/\(role).json"), "--speed",
                String(machine.speed),
                "--epoch", machine.epoch.rfc3339,
            ],
            logPath: log)
    }

    private func etcdArguments(_ member: SimulatedMember) -> [String] {
        let pki = files.outside(Self.pki + "/etcd")
        return [
            "--name", member.name, "--data-dir", files.outside("/var/lib/etcd"),
            "--listen-client-urls", "https://\(address):2379", "--advertise-client-urls", "https://\(address):2379",
            "--listen-peer-urls", "https://\(address):2380", "--initial-advertise-peer-urls", "https://\(address):2380",
            "--initial-cluster", member.initialCluster,
            "--initial-cluster-state", member.joinsEtcd ? "existing" : "new", "--client-cert-auth",
            "--trusted-ca-file", pki + "/ca.crt", "--cert-file", pki + "/server.crt", "--key-file", pki + "/server.key",
            "--peer-client-cert-auth", "--peer-trusted-ca-file", pki + "/ca.crt", "--peer-cert-file", pki + "/peer.crt",
            "--peer-key-file", pki + "/peer.key", "--heartbeat-interval", "100", "--election-timeout", "1000",
        ]
    }

    // MARK: The stand-ins' configurations

    /// Writes what the stand-ins read.
    func prepare() async throws {
        try await files.makeDirectory("/etc/kubernetes/standin", mode: 0o755)
        try await files.makeDirectory("/var/lib/etcd", mode: 0o700)
        guard let member = try await member() else { return }
        let version = try await binaries.kubernetesVersion()
        if member.role == .controlPlane {
            try await write("apiserver", apiServer(version))
            try await write("controllers", controllers(member))
            try await writeManifests(version)
        }
        try await write("kubelet", kubelet(member, version))
        try await write("kubelet.health", ["sick": .bool(binaries.image.behaviour(on: member.name) == .sick)])
    }

    /// The static pods as kubelet finds them, as far as somebody reads them: their images.
    private func writeManifests(_ version: String) async throws {
        try await files.makeDirectory("/etc/kubernetes/manifests", mode: 0o755)
        for component in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
            let pod: JSONValue = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": .string(component), "namespace": "kube-system"],
                "spec": [
                    "containers": [
                        [
                            "name": .string(component),
                            "image": .string("registry.k8s.io/\(component):v\(version)"),
                        ]
                    ]
                ],
            ]
            try await files.writeDurably("/etc/kubernetes/manifests/\(component).yaml", pod.encoded, mode: 0o600)
        }
    }

    private func write(_ role: String, _ json: JSONValue) async throws {
        try await files.writeDurably("/etc/kubernetes/standin/\(role).json", json.encoded, mode: 0o600)
    }

    private func apiServer(_ version: String) -> JSONValue {
        let pki = files.outside(Self.pki)
        return [
            "address": .string(address), "port": 6443, "kubernetesVersion": .string(version),
            "certificateFile": .string(pki + "/apiserver.crt"), "keyFile": .string(pki + "/apiserver.key"),
            "clientAuthorityFiles": [.string(pki + "/ca.crt")],
            "hostAuthorityFiles": hostAuthorities,
            "etcd": [
                "endpoints": [.string("https://\(address):2379")], "authorityFile": .string(pki + "/etcd/ca.crt"),
                "certificateFile": .string(pki + "/apiserver-etcd-client.crt"),
                "keyFile": .string(pki + "/apiserver-etcd-client.key"),
            ],
        ]
    }

    /// The authority that the hosts' certificates are from: the centre's.
    private var hostAuthorities: JSONValue {
        let path = machine.agent["centre", "authorityFile"]?.stringValue
        return .array(path.map { [.string(files.outside($0))] } ?? [])
    }

    private func apiServerAccess(as user: String, at server: String) -> JSONValue {
        let pki = files.outside(Self.pki)
        return [
            "url": .string("https://\(server)"), "authorityFile": .string(pki + "/ca.crt"),
            "certificateFile": .string("\(pki)/\(user).crt"), "keyFile": .string("\(pki)/\(user).key"),
        ]
    }

    private func controllers(_ member: SimulatedMember) -> JSONValue {
        let pki = files.outside(Self.pki)
        return [
            "name": .string(member.name), "apiServer": apiServerAccess(as: "controller-manager", at: "\(address):6443"),
            "signing": ["certificateFile": .string(pki + "/ca.crt"), "keyFile": .string(pki + "/ca.key")],
        ]
    }

    /// The agent's balancer, through which a node reaches whichever API server is up.
    private var balancer: String { "127.0.0.1:\(machine.agent["balancerPort"]?.intValue ?? 6444)" }

    private func kubelet(_ member: SimulatedMember, _ version: String) -> JSONValue {
        let isControlPlane = member.role == .controlPlane
        var labels = member.nodeLabels
        if isControlPlane { labels[WellKnown.controlPlaneNode] = "" }
        return [
            "nodeName": .string(member.name), "address": .string(address),
            "kubernetesVersion": .string(version), "osImage": .string("simulated \(binaries.image.version)"),
            "apiServer": apiServerAccess(as: "kubelet", at: balancer),
            "labels": JSONValue(labels),
            "taints": member.registration["taints"] ?? [],
            "staticPods": isControlPlane ? ["etcd", "kube-apiserver"] : [],
            "health": ["address": .string(address), "port": 10248],
        ]
    }

    /// Whether the host's own API server answers `/readyz`.
    func apiAnswers() async -> Bool {
        do {
            let authority = try await files.read(Self.pki + "/ca.crt", limit: 1 << 16)
            let sender = try TLSHTTPSender(.init(authorities: authority))
            let call = HTTPCall("GET", "https://\(address):6443/readyz", timeout: .seconds(2))
            return try await sender.send(call, limit: 1 << 16).status == 200
        } catch {
            // Not yet: the caller asks again.
            return false
        }
    }
}
