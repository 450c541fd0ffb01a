import CorbelAPI
import Distros
import HostPlan
import Testing

@Suite("kubeadm")
struct KubeadmTests {
    private static func node(
        _ role: HostPool.Role = .controlPlane, _ change: (inout NodeSpecification) -> Void = { _ in }
    )
        -> NodeSpecification
    {
        var node = NodeSpecification(
            clusterName: "store-7", nodeName: "edge-1", address: "10.0.0.11", role: role, kubernetesVersion: "1.33.6",
            endpointHost: "10.0.0.10", podCIDR: "100.64.0.0/18", serviceCIDR: "100.64.64.0/18",
            labels: ["zone": "b", "app": "a"])
        change(&node)
        return node
    }

    private func documents(_ node: NodeSpecification) throws -> [String: JSONValue] {
        let file = try #require(try Kubeadm().configuration(node).first)
        #expect(file.path == "/etc/kubernetes/corbel/kubeadm.json" && file.mode == 0o600)
        let documents = try split(file.text).map { try JSONValue(parsing: $0) }
        return Dictionary(documents.map { ($0["kind"]?.stringValue ?? "", $0) }, uniquingKeysWith: { $1 })
    }

    private func split(_ text: String) -> [String] {
        text.split(separator: "---", omittingEmptySubsequences: true).map(String.init)
    }

    private func commands(_ steps: [HostStep]) -> [String] {
        steps.map { step in
            switch step.operation {
            case .run(let words, _): words.joined(separator: " ")
            case .writeFile(let file): "write \(file.path)"
            case .restartService(let name): "restart \(name)"
            case .stopService(let name): "stop \(name)"
            case .waitFor(let condition, _): "wait \(condition)"
            case .remove(let path): "remove \(path)"
            case .shell(let text, _): text
            default: "\(step.operation)"
            }
        }
    }

    private let config = "--config /etc/kubernetes/corbel/kubeadm.json"
    private let file = "write /etc/kubernetes/corbel/kubeadm.json"
    private let ready = [#"wait etcdMemberVotes("edge-1")"#, #"wait nodeRegistered("edge-1")"#]

    @Test("the configuration follows from the cluster, over the layer's values")
    func configuration() throws {
        let node = Self.node {
            $0.values = [
                "cluster": [
                    "config": [
                        "clusterConfiguration": [
                            "apiServer": ["certSANs": ["api.example"], "extraArgs": [["name": "v", "value": "2"]]]
                        ],
                        "kubeletConfiguration": ["maxPods": 200],
                        "initConfiguration": [
                            "nodeRegistration": [
                                "kubeletExtraArgs": [["name": "node-ip", "value": "x"], ["name": "v", "value": "1"]]
                            ]
                        ],
                    ]
                ]
            ]
        }
        let documents = try documents(node)
        let cluster = try #require(documents["ClusterConfiguration"])
        #expect(cluster["apiVersion"] == "kubeadm.k8s.io/v1beta4" && cluster["kubernetesVersion"] == "v1.33.6")
        #expect(cluster["controlPlaneEndpoint"] == "127.0.0.1:6444")
        #expect(
            cluster["apiServer", "certSANs"] == ["10.0.0.10", "10.0.0.11", "127.0.0.1", "api.example", "localhost"])
        #expect(cluster["apiServer", "extraArgs"] == [["name": "v", "value": "2"]])
        #expect(documents["KubeletConfiguration"]?["maxPods"] == 200)
        #expect(
            documents["InitConfiguration"]?["nodeRegistration", "kubeletExtraArgs"] == [
                ["name": "v", "value": "1"], ["name": "node-ip", "value": "10.0.0.11"],
                ["name": "node-labels", "value": "app=a,zone=b"],
            ])
        #expect(
            documents["JoinConfiguration"]?["discovery", "file", "kubeConfigPath"] == "/run/corbel/discovery.kubeconfig"
        )
        #expect(documents["JoinConfiguration"]?["controlPlane", "localAPIEndpoint", "advertiseAddress"] == "10.0.0.11")
    }

    @Test("a worker has no control plane; kubeconfigs point to the host's balancer, whatever the endpoint is")
    func worker() throws {
        let documents = try documents(
            Self.node(.worker) {
                $0.endpointHost = "fd00::1"
                $0.balancerPort = 7443
            })
        #expect(documents["JoinConfiguration"]?["controlPlane"] == nil)
        #expect(documents["ClusterConfiguration"]?["controlPlaneEndpoint"] == "127.0.0.1:7443")
        #expect(documents["ClusterConfiguration"]?["apiServer", "certSANs"]?.stringList?.contains("fd00::1") == true)
    }

    @Test("the first host begins the cluster, once")
    func initialize() throws {
        let steps = try Kubeadm().initialize(Self.node())
        #expect(commands(steps) == [file, "kubeadm init --skip-token-print \(config)"] + ready)
        #expect(steps[1].unless == [.nodeRegistered("edge-1")])
        #expect(throws: StatusError.self) { try Kubeadm().initialize(Self.node(.worker)) }
    }

    @Test("others join; only a control-plane host waits until its member of etcd votes")
    func join() throws {
        let start = [file, "wait apiServerReady", "kubeadm join \(config)"]
        #expect(commands(try Kubeadm().join(Self.node())) == start + ready)
        #expect(commands(try Kubeadm().join(Self.node(.worker))) == start + ready.dropFirst())
    }

    @Test(
        "the first control-plane host upgrades the cluster, the others themselves",
        arguments: [
            (
                HostPool.Role.controlPlane, true,
                ["kubeadm init phase upload-config kubeadm", "kubeadm upgrade apply --yes v1.33.6"]
            ),
            (.controlPlane, false, ["kubeadm upgrade node"]), (.worker, true, ["kubeadm upgrade node"]),
        ])
    func upgrade(_ role: HostPool.Role, _ isFirst: Bool, _ expected: [String]) throws {
        let steps = try Kubeadm().upgrade(Self.node(role), from: "1.32.9", isFirst: isFirst)
        let kubeadm = commands(steps).filter { $0.hasPrefix("kubeadm") }
        #expect(kubeadm.map { $0.replacing(" \(config)", with: "") } == expected)
        #expect(commands(steps).contains("restart kubelet"))
    }

    @Test("a minor is not skipped, and no version goes down by an upgrade", arguments: ["1.31.2", "1.34.0"])
    func skippedMinor(_ current: String) {
        let error = #expect(throws: StatusError.self) {
            try Kubeadm().upgrade(Self.node(), from: current, isFirst: true)
        }
        #expect(error?.causes.map(\.field) == ["kubernetesVersion"])
    }

    @Test("the way back says what it cannot take back")
    func undo() throws {
        let minor = try Kubeadm().undoUpgrade(Self.node(), from: "1.34.1")
        #expect(commands(minor.steps)[1] == "kubeadm init phase control-plane all \(config)")
        #expect(minor.cannotBeUndone.count == 2)
        #expect(try Kubeadm().undoUpgrade(Self.node(), from: "1.33.7").cannotBeUndone == [])
        #expect(try Kubeadm().undoUpgrade(Self.node(.worker), from: "1.34.1").cannotBeUndone == [])
    }

    @Test("certificates are renewed without an API server, and etcd goes on")
    func certificates() throws {
        let steps = try Kubeadm().renewCertificates(Self.node())
        #expect(commands(steps).contains("kubeadm certs renew all \(config)"))
        #expect(!steps.contains { if case .waitFor = $0.operation { true } else { false } })
        #expect(!steps.contains { $0.name.contains("etcd") })
        // kubelet's own is left to kubelet, unless it has failed to renew it.
        let own = steps.filter { $0.name.contains("kubelet") }
        #expect(own.count == 5 && own.allSatisfy { $0.unless.count == 1 || $0.mayFail })
        // What kubelet has stored goes before what its kubeconfig holds.
        #expect(commands(own).contains("remove /var/lib/kubelet/pki/kubelet-client-current.pem"))
        let rendered = try Kubeadm().configuration(Self.node()).map(\.text).joined()
        #expect(rendered.contains("\"rotateCertificates\": true"))
        let worker = commands(try Kubeadm().renewCertificates(Self.node(.worker)))
        #expect(worker.contains("restart kubelet") && !worker.contains { $0.contains("certs renew") })
    }

    @Test("a reset keeps the host's identity")
    func reset() throws {
        let reset = commands(Kubeadm().reset(Self.node()))
        #expect(reset.first == "stop kubelet" && reset.contains("remove /var/lib/etcd"))
        #expect(!reset.contains { $0.contains("corbel") || $0.contains("/etc/ssh") })
    }

    @Test(
        "what the layer may not set, or cannot, is named by its path",
        arguments: [
            (["clusterConfiguration": ["kubernetesVersion": "v1"]], "clusterConfiguration.kubernetesVersion"),
            (["initConfiguration": ["bootstrapTokens": []]], "initConfiguration.bootstrapTokens"),
            (["clusterConfig": [:]], "clusterConfig"), (["joinConfiguration": "x"], "joinConfiguration"),
        ] as [(JSONValue, String)])
    func values(_ config: JSONValue, _ field: String) {
        let error = #expect(throws: StatusError.self) {
            try Kubeadm().configuration(Self.node { $0.values = ["cluster": ["config": config]] })
        }
        #expect(error?.causes.map(\.field) == ["values.cluster.config.\(field)"])
    }

    @Test("a specification that makes no sense names its fields")
    func specification() {
        let error = #expect(throws: StatusError.self) {
            try Kubeadm().configuration(
                Self.node { ($0.address, $0.kubernetesVersion, $0.endpointPort) = ("", "v1.33", 0) })
        }
        #expect(error?.causes.map(\.field) == ["address", "kubernetesVersion", "endpointPort"])
    }

    @Test("a distribution is found by its name")
    func names() {
        #expect(Distributions.named("kubeadm")?.nodeService == "kubelet")
        #expect(Distributions.named("k9s") == nil)
    }
}
