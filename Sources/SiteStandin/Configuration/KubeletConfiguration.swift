import CorbelAPI
public import Effects

/// What `corbel-standin kubelet` is told. Of the fields only `nodeName`, `address`, `kubernetesVersion` and `apiServer`
/// are required; the others show their defaults, or an example where the default is nothing.
///
///     {"nodeName": "host-1", "address": "127.0.1.1", "kubernetesVersion": "1.33.5",
///      "apiServer": {"url": "https://127.0.0.1:6444", "authorityFile": "ca.crt",
///                    "certificateFile": "kubelet.crt", "keyFile": "kubelet.key"},
///      "providerID": "corbel://host-1", "osImage": "Corbel stand-in", "bootID": "standin",
///      "labels": {"topology.kubernetes.io/zone": "a"},
///      "taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
///      "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "pressure": [],
///      "staticPods": ["etcd", "kube-apiserver"], "imagePullSeconds": 2, "terminationLimitSeconds": 30,
///      "health": {"address": "127.0.0.1", "port": 10248}}
public struct KubeletConfiguration: Sendable, Hashable {
    public var nodeName: String
    public var address: String
    public var providerID: String
    public var kubernetesVersion: String
    public var osImage: String
    public var bootID: String
    var labels: [String: String]
    var taints: [JSONValue]
    var capacity: [String: String]
    var pressures: Set<String>
    var staticPods: [String]
    var imagePull: Duration
    var terminationLimit: Duration
    public var healthAddress: String
    /// 0 lets the system choose.
    public var healthPort: Int
    var apiServerURL: String
    var tls: TLSFiles
    /// The file that may declare the node sick; it need not be there.
    var healthFile: String

    /// - Throws: `invalid`, naming every field that is wrong.
    public init(readingFrom path: String, _ files: any FileReader) async throws {
        let (json, directory) = try await files.configuration(path)
        try self.init(json: json, directory: directory)
        healthFile = (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".health.json"
    }

    init(json: JSONValue, directory: String) throws {
        var reader = ConfigurationReader(json, directory: directory)
        nodeName = reader.text("nodeName")
        address = reader.text("address")
        providerID = reader.text("providerID", default: "corbel://\(nodeName)")
        kubernetesVersion = reader.kubernetesVersion()
        osImage = reader.text("osImage", default: "Corbel stand-in")
        bootID = reader.text("bootID", default: "standin")
        labels = reader.map("labels")
        taints = reader.taints("taints")
        capacity = reader.map("capacity", default: ["cpu": "4", "memory": "8Gi", "pods": "110"])
        pressures = reader.words("pressure", from: ["cpu", "memory", "disk", "pid"])
        staticPods = reader.texts(["staticPods"])
        imagePull = reader.seconds("imagePullSeconds", upTo: 3600, default: 2)
        terminationLimit = reader.seconds("terminationLimitSeconds", upTo: 3600, default: 30)
        healthAddress = reader.text("health", "address", default: "127.0.0.1")
        healthPort = reader.integer("health", "port", in: 0...65535, default: 10248)
        apiServerURL = reader.text("apiServer", "url")
        reader.requirePrefix("https://", of: apiServerURL, at: "apiServer.url")
        tls = TLSFiles(&reader, under: "apiServer")
        healthFile = "\(directory)/kubelet.health.json"
        try reader.finish("KubeletConfiguration", nodeName)
    }

    var podSettings: PodSettings {
        PodSettings(
            nodeName: nodeName, address: address, bootID: bootID, imagePull: imagePull,
            terminationLimit: terminationLimit)
    }
}
