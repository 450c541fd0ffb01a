import CorbelAPI
import Distros
import Effects
import HostPlan
import PKI

/// Reads when certificates of Kubernetes on the host end. What cannot be read is left out: who cannot serve without it
/// shows in the host's health.
struct CertificateReader: Sendable {
    private static let limit = 256 << 10
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    let files: any FileStore

    /// The one of these that ends first; `nil` where none is there.
    func first(of certificates: [NodeCertificate]) async -> HostCertificates? {
        var first: HostCertificates?
        for certificate in certificates {
            guard let end = await end(ofFirstIn: certificate.paths), first.map({ end < $0.expires }) ?? true else {
                continue
            }
            first = HostCertificates(expires: end, name: certificate.name)
        }
        return first
    }

    /// When the certificate ends in the first of these files that holds one.
    func end(ofFirstIn paths: [String]) async -> Timestamp? {
        for path in paths {
            guard let bytes = try? await files.read(path, limit: Self.limit),
                let pem = Self.certificate(in: String(decoding: bytes, as: UTF8.self)),
                let info = try? CertificateInfo(pem: pem)
            else { continue }
            return info.validity.notAfter
        }
        return nil
    }

    /// The first certificate of a PEM file, which may hold others and a key, or the client certificate that a
    /// kubeconfig holds itself. A kubeconfig may be JSON or YAML: both write the field's name before the base64 text.
    static func certificate(in text: String) -> PEM? {
        if let start = text.firstRange(of: begin), let end = text[start.upperBound...].firstRange(of: end) {
            return PEM(text: text[start.lowerBound..<end.upperBound] + "\n")
        }
        guard let field = text.firstRange(of: "client-certificate-data") else { return nil }
        let isNoise: (Character) -> Bool = { $0 == "\"" || $0 == ":" || $0.isWhitespace }
        let value = text[field.upperBound...].drop(while: isNoise).prefix {
            $0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0))
        }
        return Base64.decode(String(value)).map { PEM(bytes: $0) }
    }
}

/// Looks at the host's certificates now and again, and after what may have changed them.
struct CertificateWatcher: Sendable {
    /// How often the host's machine is told how long the first one lasts, by the files as they are then: what was seen
    /// before a renewal would take it back. It counts the time of the world, which certificates follow.
    private static let interval = Duration.seconds(60)

    let effects: HostEffects
    let record: HostRecordFiles

    /// What there is to see now; `nil` on a host that belongs to no cluster.
    func look() async throws -> CertificateLook? {
        guard let settings = try await record.settings(),
            let distribution = Distributions.named(settings["distribution"]?.stringValue ?? "")
        else { return nil }
        let role = settings["role"]?.stringValue.flatMap(HostPool.Role.init) ?? .worker
        let first = await CertificateReader(files: effects.files).first(of: distribution.certificates(role))
        return first.map { CertificateLook(first: $0, now: effects.worldTime.now) }
    }

    /// Runs until it is cancelled.
    func run(_ send: @Sendable (HostEvent) -> Void) async throws {
        while true {
            if let look = try await look() { send(.certificates(look)) }
            try await effects.worldTime.sleep(for: Self.interval)
        }
    }
}
