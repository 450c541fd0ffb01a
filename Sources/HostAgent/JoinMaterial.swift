import CorbelAPI
import Distros
import Effects
import HostPlan
import KubeClient

/// What lets a host into a cluster: a short-lived credential, and for a control-plane host the authorities' keys.
struct JoinMaterial: Sendable, Hashable {
    struct File: Sendable, Hashable {
        /// Below the directory of the cluster's certificates.
        var path: String
        var content: [UInt8]
        var mode: Int
    }

    /// PEM, all three.
    var authority: [UInt8]
    var certificate: [UInt8]
    var privateKey: [UInt8]
    var files: [File]

    init(_ kubeconfig: Kubeconfig, files: [File]) {
        authority = kubeconfig.authority
        certificate = kubeconfig.certificate
        privateKey = kubeconfig.privateKey
        self.files = files
    }

    /// - Throws: `invalid`, naming the field that is missing.
    init(json: JSONValue) throws {
        func bytes(_ value: JSONValue?, _ field: String) throws -> [UInt8] {
            guard let bytes = value?.stringValue.flatMap(Base64.decode) else {
                throw StatusError(.invalid, "join.\(field): must be base64")
            }
            return bytes
        }
        authority = try bytes(json["authority"], "authority")
        certificate = try bytes(json["certificate"], "certificate")
        privateKey = try bytes(json["key"], "key")
        files = try (json["files"]?.arrayValue ?? []).enumerated().map { index, file in
            let path = file["path"]?.stringValue ?? ""
            guard !path.isEmpty, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
                throw StatusError(.invalid, "join.files[\(index)].path: must be a path below the certificates")
            }
            return File(
                path: path, content: try bytes(file["content"], "files[\(index)].content"),
                mode: file["mode"]?.intValue ?? 0o600)
        }
    }

    var json: JSONValue {
        [
            "authority": .string(Base64.encode(authority)), "certificate": .string(Base64.encode(certificate)),
            "key": .string(Base64.encode(privateKey)),
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "content": .string(Base64.encode(file.content)),
                        "mode": JSONValue(file.mode),
                    ]
                }),
        ]
    }

    /// Puts everything where the distribution looks for it; the API server is reached through the host's balancer.
    func steps(for places: CertificatePlaces, balancer: SocketEndpoint) -> [HostStep] {
        let kubeconfig = Kubeconfig(
            name: "discovery", server: "https://\(balancer)", authority: authority, userName: "bootstrap",
            certificate: certificate, privateKey: privateKey)
        let keys = files.map { file in
            HostFile(path: "\(places.directory)/\(file.path)", content: file.content, mode: file.mode)
        }
        let discovery = HostFile(
            path: places.discoveryKubeconfig, text: kubeconfig.json.encodedText, mode: 0o600)
        return (keys + [discovery]).map { HostStep("write \($0.path)", .writeFile($0)) }
    }
}
