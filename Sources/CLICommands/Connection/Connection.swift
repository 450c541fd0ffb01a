import CorbelAPI
import Effects
import HTTPTransport
import KubeClient
import PKI

/// A server, and who we are to it.
struct Connection: Sendable {
    let client: KubeClient
    /// What the client sends by, for what is no object of the API.
    let sender: any HTTPSender
    let credentials: [HTTPCall.Header]
    let server: String
    let contextName: String
    /// The namespace of commands that name none.
    let namespace: String
    /// Who the credentials say that we are.
    let user: String
    /// When the client certificate ends, where there is one.
    let certificateEnd: Timestamp?

    /// The same server, speaking the kinds that it says it serves.
    func discovering() async throws -> (client: KubeClient, kinds: KindResolver) {
        let registry = try await client.discover()
        return (client.speaking(registry), KindResolver(registry))
    }
}

extension CommandContext {
    /// Opens the connection that the options name for as long as `body` runs.
    ///
    /// - Throws: ``CommandFailure`` with a sentence of its own for a missing kubeconfig, a server that cannot be
    ///   reached and a certificate
    ///   that has ended.
    func connected<Answer: Sendable>(
        _ options: GlobalOptions, _ body: (Connection) async throws -> Answer
    ) async throws -> Answer {
        let path = try await kubeconfigPath(options.kubeconfig)
        let text = String(decoding: try await files.read(path, limit: 4 << 20), as: UTF8.self)
        let context = try KubeconfigFile(parsing: text, from: path).context(options.context)
        let identity = try await identity(of: context, besides: path)
        let certificate = try certificate(in: identity)
        if let end = certificate?.validity.notAfter,
            let problem = ConnectionDiagnosis.problem(ofCertificateUntil: end, context: context.name, now: time.now)
        {
            throw problem
        }
        let sender = try TLSHTTPSender(identity)
        let connection = Connection(
            client: KubeClient(server: context.server, sender: sender, registry: .site, bearerToken: context.token),
            sender: sender, credentials: context.token.map { [.init("Authorization", "Bearer \($0)")] } ?? [],
            server: context.server, contextName: context.name,
            namespace: options.namespace ?? context.namespace ?? "default",
            user: certificate?.subject.commonName ?? context.userName, certificateEnd: certificate?.validity.notAfter)
        do {
            let answer = try await body(connection)
            await sender.shutdown()
            return answer
        } catch {
            await sender.shutdown()
            throw ConnectionDiagnosis.diagnose(error, server: context.server)
        }
    }

    private func kubeconfigPath(_ option: String?) async throws -> String {
        let location = KubeconfigLocation(option: option, environment: environment)
        for candidate in location.candidates where try await files.exists(absolute(candidate.path)) {
            return absolute(candidate.path)
        }
        throw location.missing
    }

    private func identity(
        of context: KubeconfigFile.Context, besides path: String
    ) async throws -> TLSHTTPSender.Identity {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        func bytes(_ content: KubeconfigFile.Content) async throws -> [UInt8] {
            switch content {
            case .data(let bytes): bytes
            case .absent: []
            // A path in a kubeconfig begins where the file is.
            case .file(let file):
                try await files.read(file.hasPrefix("/") ? file : "\(directory)/\(file)", limit: 1 << 20)
            }
        }
        return TLSHTTPSender.Identity(
            authorities: try await bytes(context.authority), certificate: try await bytes(context.certificate),
            privateKey: try await bytes(context.privateKey))
    }

    private func certificate(in identity: TLSHTTPSender.Identity) throws -> CertificateInfo? {
        guard !identity.certificate.isEmpty else { return nil }
        do {
            return try CertificateInfo(pem: PEM(bytes: identity.certificate))
        } catch {
            throw CommandFailure("the kubeconfig's client certificate cannot be read: \(error)")
        }
    }
}
