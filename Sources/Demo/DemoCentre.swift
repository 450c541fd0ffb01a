import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import PKI
import ResourceClient
import YAML

/// The demo's centre as its administrator sees it.
struct DemoCentre: Sendable {
    let kubeconfig: Kubeconfig
    let client: any ResourceClient

    /// Waits until the centre has written its kubeconfig and answers.
    static func waiting(
        for layout: DemoLayout, _ files: any FileStore, _ time: any TimeSource
    ) async throws -> DemoCentre {
        let path = layout.centreDirectory + "/admin.kubeconfig"
        for _ in 0..<600 {
            if try await files.exists(path), let centre = try? await DemoCentre(path, files) { return centre }
            try await time.sleep(for: .milliseconds(100))
        }
        throw StatusError(.timeout, "the centre did not start; see \(layout.logPath(DemoProcesses.centre))")
    }

    private init(_ path: String, _ files: any FileStore) async throws {
        let text = String(decoding: try await files.read(path, limit: 1 << 20), as: UTF8.self)
        kubeconfig = try Kubeconfig(json: try JSONValue(yaml: text))
        let sender = try TLSHTTPSender(
            .init(
                authorities: kubeconfig.authority, certificate: kubeconfig.certificate,
                privateKey: kubeconfig.privateKey))
        client = KubeClient(server: kubeconfig.server, sender: sender, registry: .centre, userAgent: "corbel-demo")
        _ = try await client.get(Namespace.key(name: "default"))
    }

    /// A registration token, as `corbel token create` makes one.
    func createToken(_ random: SystemRandom, _ now: Timestamp) async throws -> RegistrationSecret {
        let secret = RegistrationSecret(from: random)
        var token = RegistrationToken(namespace: "default", name: secret.id)
        token.json["spec"] = [
            "secretDigest": .string(secret.secretDigest), "expires": .string((now + .seconds(86_400)).rfc3339),
        ]
        _ = try await client.create(token, by: "corbel-demo")
        return secret
    }

    /// Applies every object of every file in a directory.
    func apply(directory: String, _ files: any FileStore) async throws {
        for entry in try await files.list(directory) where entry.name.hasSuffix(".yaml") {
            let text = String(
                decoding: try await files.read("\(directory)/\(entry.name)", limit: 3 << 20), as: UTF8.self)
            for document in try YAMLDocument.stream(parsing: text) {
                var object = Unstructured(json: document.value)
                if object.namespace.isEmpty { object.namespace = "default" }
                _ = try await client.apply(object, by: "corbel", force: true)
            }
        }
    }
}
