import APIMachinery
import CorbelAPI
import Effects
import KubeClient
import PKI
import ResourceClient

/// Asks a site for a certificate through the centre. The key is made here and goes nowhere.
struct AccessRequest: Sendable {
    let cluster: EdgeCluster
    let access: SiteAccess
    /// Who asks, as the centre knows them.
    let user: String
    let role: CertificateSigningRequest.SiteRole
    let validity: Duration

    /// The request, as it is created at the centre.
    func signingRequest(for key: PrivateKey) throws -> CertificateSigningRequest {
        let subject = CertificateSubject(commonName: user, organizations: [role.rawValue])
        var request = CertificateSigningRequest(generateName: "kubeconfig-", atSiteOf: cluster)
        request.request = try SigningRequest(subject, key: key).pem.bytes
        request.usages = ["client auth", "digital signature"]
        request.expiration = validity
        return request
    }

    /// What the request has come to; `nil` while the site has not answered.
    ///
    /// - Throws: ``CommandFailure`` where the site refuses, or the request is gone.
    static func answer(_ object: Unstructured?, from cluster: String) throws -> [UInt8]? {
        guard let request = object.map({ CertificateSigningRequest($0) }) else {
            throw CommandFailure("somebody deleted the request before the site of \(cluster) answered it")
        }
        if let certificate = request.certificate { return certificate }
        for type in [CertificateSigningRequest.denied, CertificateSigningRequest.failed] where request.isTrue(type) {
            let reason = request.condition(type)?.message ?? type
            throw CommandFailure("the site of \(cluster) gives no certificate: \(reason)")
        }
        return nil
    }

    /// The kubeconfig with the certificate that the site has issued.
    ///
    /// - Throws: ``CommandFailure`` for a certificate of another key.
    func kubeconfig(_ certificate: [UInt8], _ key: PrivateKey) throws -> (file: Kubeconfig, end: Timestamp) {
        let info = try CertificateInfo(pem: PEM(bytes: certificate))
        guard try info.publicKeyDigest == key.publicKeyDigest else {
            throw CommandFailure("the site of \(cluster.name) has answered with a certificate of another key")
        }
        let file = Kubeconfig(
            name: cluster.name, server: access.server, authority: Array(access.authority.utf8),
            userName: "\(cluster.name)-\(role)", certificate: certificate, privateKey: try key.pem.bytes)
        return (file, info.validity.notAfter)
    }
}

extension CommandContext {
    /// Creates the request, waits for the site's answer, and takes the request away again.
    func certificate(
        for request: AccessRequest, _ key: PrivateKey, _ client: KubeClient, timeout: Duration
    ) async throws -> [UInt8] {
        let manager = ObjectApplication.fieldManager
        let created = try await client.create(try request.signingRequest(for: key), by: manager)
        let name = request.cluster.name
        progress.event("asked the site of \(name) for a certificate of \(request.user); it answers within seconds")
        let late = CommandFailure(
            "the site of \(name) has not answered within \(DurationArgument(timeout).defaultValueDescription)",
            hint: "`corbel check \(name)` tells whether the site is heard of; it answers when its link is up")
        let following = Following(client: client, time: time, progress: progress, timeout: timeout, late: late)
        do {
            let certificate = try await following.until(created.key) { try AccessRequest.answer($0, from: name) }
            await withdraw(created, client)
            return certificate
        } catch {
            await withdraw(created, client)
            throw error
        }
    }

    /// A request that stays is of no use to anybody: it holds a public key.
    private func withdraw(_ request: CertificateSigningRequest, _ client: KubeClient) async {
        do {
            try await client.delete(request.key, DeleteOptions())
        } catch {
            progress.event(
                "the request \(request.name) stays at the centre: \(CommandFailure(diagnosing: error).message)")
        }
    }
}
