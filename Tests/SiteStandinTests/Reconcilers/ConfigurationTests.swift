import CorbelAPI
import Testing

@testable import SiteStandin

@Suite("Configurations of the stand-in")
struct ConfigurationTests {
    private let kubelet: JSONValue = [
        "nodeName": "host-1", "address": "127.0.1.1", "kubernetesVersion": "v1.33.5",
        "apiServer": [
            "url": "https://127.0.0.1:6443", "authorityFile": "ca.crt", "certificateFile": "/etc/k.crt",
            "keyFile": "k.key",
        ],
    ]

    @Test("A kubelet's needs little, and knows its directory")
    func defaults() throws {
        let read = try KubeletConfiguration(json: kubelet, directory: "/etc/standin")
        #expect(read.providerID == "corbel://host-1")
        #expect(read.kubernetesVersion == "1.33.5")
        #expect(read.tls.authority == "/etc/standin/ca.crt")
        #expect(read.tls.certificate == "/etc/k.crt")
        #expect(read.healthPort == 10248)
        #expect(read.healthFile == "/etc/standin/kubelet.health.json")
    }

    @Test(
        "What is wrong is named with its field",
        arguments: [
            ("nodeName", nil), ("address", 1), ("kubernetesVersion", "latest"), ("imagePullSeconds", -1),
            ("pressure", ["heat"]), ("labels", ["a": 1]), ("staticPods", "etcd"), ("health", ["port": 70000]),
            ("taints", [["key": "a", "effect": "Never"]]), ("apiServer", ["url": "http://a"]),
        ] as [(String, JSONValue?)])
    func mistakes(field: String, value: JSONValue?) throws {
        var json = kubelet
        json[field] = value
        let error = #expect(throws: StatusError.self) { try KubeletConfiguration(json: json, directory: "/") }
        #expect(error?.reason == .invalid)
        #expect(error?.causes.contains { $0.field.hasPrefix(field) } == true, "\(error?.message ?? "")")
    }

    @Test("An API server's names its etcd, with TLS or without")
    func apiServer() throws {
        var json: JSONValue = [
            "address": "127.0.1.1", "port": 6443, "kubernetesVersion": "1.33.5", "certificateFile": "a.crt",
            "keyFile": "a.key",
            "clientAuthorityFiles": ["ca.crt"], "etcd": ["endpoints": ["http://127.0.0.1:2379"]],
        ]
        #expect(try APIServerConfiguration(json: json, directory: "/").etcdTLS == nil)
        json["etcd", "endpoints"] = ["https://127.0.0.1:2379"]
        let error = #expect(throws: StatusError.self) { try APIServerConfiguration(json: json, directory: "/") }
        #expect(error?.causes.map(\.field) == ["etcd.authorityFile", "etcd.certificateFile", "etcd.keyFile"])
        json["etcd", "endpoints"] = []
        #expect(throws: StatusError.self) { try APIServerConfiguration(json: json, directory: "/") }
    }

    @Test("Authorities of hosts and of nodes are told apart, and need not be there")
    func authorities() throws {
        var json: JSONValue = [
            "address": "127.0.1.1", "port": 6443, "kubernetesVersion": "1.33.5", "certificateFile": "a.crt",
            "keyFile": "a.key", "clientAuthorityFiles": ["ca.crt"], "etcd": ["endpoints": ["http://127.0.0.1:2379"]],
        ]
        #expect(try APIServerConfiguration(json: json, directory: "/etc").hostAuthorities == [])
        json["hostAuthorityFiles"] = ["hosts.crt"]
        #expect(try APIServerConfiguration(json: json, directory: "/etc").hostAuthorities == ["/etc/hosts.crt"])
        json["clientAuthorityFiles"] = nil
        let error = #expect(throws: StatusError.self) { try APIServerConfiguration(json: json, directory: "/") }
        #expect(error?.causes.map(\.field) == ["clientAuthorityFiles"])
    }

    @Test("Controllers sign where they are told with what")
    func signing() throws {
        var json: JSONValue = ["name": "host-1", "apiServer": kubelet["apiServer"] ?? [:]]
        #expect(try ControllersConfiguration(json: json, directory: "/").signing == nil)
        json["signing"] = ["certificateFile": "ca.crt"]
        let error = #expect(throws: StatusError.self) { try ControllersConfiguration(json: json, directory: "/") }
        #expect(error?.causes.map(\.field) == ["signing.keyFile"])
        json["signing", "keyFile"] = "ca.key"
        #expect(try ControllersConfiguration(json: json, directory: "/etc").signing?.key == "/etc/ca.key")
    }

    @Test(
        "The file beside the configuration makes a node sick", arguments: [("{}", nil), ("{\"sick\": true}", "told")])
    func health(text: String, words: String?) throws {
        let health = NodeHealth(json: try JSONValue(parsing: text))
        #expect((health.sickness == nil) == (words == nil))
        let configuration = try KubeletConfiguration(json: kubelet, directory: "/")
        let report = NodeReport(configuration: configuration, health: health, now: .at(0))
        let node = report.status(of: report.registration(over: nil))
        #expect(node.isReady == (words == nil))
        #expect(node.kubeletVersion == "v1.33.5+corbel-standin")
        #expect(node.spec["providerID"] == "corbel://host-1")
    }

    @Test("A node that registers again keeps its taints and the labels of others")
    func registration() throws {
        var json = kubelet
        json["taints"] = [["key": "a", "effect": "NoSchedule"]]
        json["labels"] = ["zone": "a"]
        json["pressure"] = ["disk"]
        let configuration = try KubeletConfiguration(json: json, directory: "/")
        let report = NodeReport(configuration: configuration, health: NodeHealth(), now: .at(0))
        #expect(report.registration(over: nil).taints.map(\.key) == ["a"])
        let again = report.registration(over: Node.test("host-1").with { $0.labels = ["role": "x"] })
        #expect(again.taints.isEmpty)
        #expect(again.labels["role"] == "x")
        #expect(again.labels["zone"] == "a")
        #expect(report.status(of: again).isTrue("DiskPressure"))
        #expect(!report.status(of: again).isTrue("MemoryPressure"))
    }
}
