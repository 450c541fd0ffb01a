import CorbelAPI
import YAML

/// A kubeconfig (`v1`, kind `Config`) as far as clients read it: contexts, and in them a server and the credentials
/// for it.
struct KubeconfigFile {
    /// Bytes that stand in the file, or the path of a file that holds them.
    enum Content: Hashable {
        case data([UInt8])
        case file(String)
        case absent
    }

    /// One context with its cluster and its user.
    struct Context: Hashable {
        var name: String
        var server: String
        var namespace: String?
        var userName: String
        var authority: Content
        var certificate: Content
        var privateKey: Content
        var token: String?
    }

    private let json: JSONValue

    /// - Parameter path: What errors call the file.
    /// - Throws: ``CommandFailure`` naming the line.
    init(parsing text: String, from path: String) throws {
        do {
            json = try JSONValue(yaml: text)
        } catch {
            throw CommandFailure("\(path) is no YAML that can be read: \(error)", hint: Self.hint)
        }
        let kind = json["kind"]?.stringValue ?? ""
        guard kind == "Config" else {
            throw CommandFailure(
                "\(path) is no kubeconfig: its kind must be Config, and is \"\(kind)\"", hint: Self.hint)
        }
    }

    private static let hint = "name another file with --kubeconfig"

    private var contextNames: [String] { (json["contexts"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue } }

    /// The context of that name, or the current one.
    func context(_ wanted: String?) throws -> Context {
        let name = wanted ?? json["current-context"]?.stringValue ?? ""
        guard !name.isEmpty else {
            throw CommandFailure("the kubeconfig has no current context", hint: "name one with --context: \(known)")
        }
        guard let context = entry("contexts", name, "context") else {
            throw CommandFailure("the kubeconfig has no context \"\(name)\"", hint: "it has \(known)")
        }
        let clusterName = context["cluster"]?.stringValue ?? ""
        let userName = context["user"]?.stringValue ?? ""
        guard let cluster = entry("clusters", clusterName, "cluster") else {
            throw CommandFailure(
                "the kubeconfig's context \"\(name)\" names the cluster \"\(clusterName)\", which it lacks")
        }
        guard let user = entry("users", userName, "user") else {
            throw CommandFailure("the kubeconfig's context \"\(name)\" names the user \"\(userName)\", which it lacks")
        }
        return Context(
            name: name, server: try Self.server(of: cluster, clusterName), namespace: context["namespace"]?.stringValue,
            userName: userName, authority: try Self.content(cluster, "certificate-authority", in: clusterName),
            certificate: try Self.content(user, "client-certificate", in: userName),
            privateKey: try Self.content(user, "client-key", in: userName), token: user["token"]?.stringValue)
    }

    private var known: String { contextNames.isEmpty ? "no context" : contextNames.joined(separator: ", ") }

    private func entry(_ list: String, _ name: String, _ field: String) -> JSONValue? {
        (json[list]?.arrayValue ?? []).first { $0["name"]?.stringValue == name }?[field]
    }

    private static func server(of cluster: JSONValue, _ name: String) throws -> String {
        guard let server = cluster["server"]?.stringValue, server.hasPrefix("https://") else {
            throw CommandFailure(
                "the kubeconfig's cluster \"\(name)\" has no server that begins with https://")
        }
        guard cluster["insecure-skip-tls-verify"]?.boolValue != true else {
            throw CommandFailure(
                "the kubeconfig's cluster \"\(name)\" skips the verification of the server, which corbel does not",
                hint: "put the server's authority into certificate-authority-data")
        }
        return server
    }

    private static func content(_ json: JSONValue, _ field: String, in entry: String) throws -> Content {
        if let text = json["\(field)-data"]?.stringValue {
            guard let bytes = Base64.decode(text) else {
                throw CommandFailure("the kubeconfig's \(field)-data of \"\(entry)\" is no base64")
            }
            return .data(bytes)
        }
        return json[field]?.stringValue.map { .file($0) } ?? .absent
    }
}
