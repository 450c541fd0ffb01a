import CorbelAPI
import Effects
import KubeClient
import PKI

/// The files of a centre: its authority, its certificates, the administrator's kubeconfig, the store.
///
///     VERSION            the version of this layout
///     pki/ca.pem .key    the authority of the server, the administrator and the hosts
///     pki/server.pem .key
///     pki/admin.pem .key
///     pki/revisions.pem .key   what revisions are signed with
///     pki/tokens.pem .key      what bearer tokens are signed with
///     admin.kubeconfig
///     store.sqlite
///     audit/             who changed what
///
/// What is missing is made; what is there is kept. Private keys have mode 0600 and lie in a directory of mode 0700.
struct DataDirectory: Sendable {
    /// The version of the layout that this program writes. A directory of a newer one is refused, and left as it is.
    static let version = 1

    let path: String
    let files: any FileStore
    let random: any RandomSource
    let time: any TimeSource

    var storePath: String { path + "/store.sqlite" }
    var auditPath: String { path + "/audit" }
    var kubeconfigPath: String { path + "/admin.kubeconfig" }

    /// Makes the directory, or checks that it is one that this program can work with.
    func prepare() async throws {
        let versionPath = path + "/VERSION"
        if try await files.exists(versionPath) {
            try await checkVersion(versionPath)
        } else {
            try await files.makeDirectory(path, mode: 0o700)
            try await files.writeDurably(versionPath, Array("\(Self.version)\n".utf8), mode: 0o600)
        }
        try await files.makeDirectory(path + "/pki", mode: 0o700)
    }

    private func checkVersion(_ versionPath: String) async throws {
        let text = String(decoding: try await files.read(versionPath, limit: 64), as: UTF8.self)
        guard let found = Int(text.filter { !$0.isWhitespace }) else {
            throw StatusError(.invalid, "\(versionPath): \"\(text.prefix(20))\" is no version of a data directory")
        }
        guard found <= Self.version else {
            throw StatusError(
                .invalid,
                "\(path) was written by a newer version of Corbel (layout \(found), this program knows "
                    + "\(Self.version)); start that version, or use another --data-dir"
            )
        }
    }

    func authority() async throws -> CertificateAuthority {
        if let pair = try await read("ca") {
            return try explaining("pki/ca.pem and pki/ca.key") {
                try CertificateAuthority(certificate: pair.certificate, privateKey: pair.key)
            }
        }
        // An authority is lost that every host trusts.
        guard try await !hasServed() else {
            throw StatusError(
                .invalid,
                "\(path)/pki/ca.pem or ca.key is missing, and every registered host knows this authority and no other: "
                    + "put both back, or remove \(path)/pki to begin with a new one")
        }
        let authority = try CertificateAuthority.selfSigned(
            commonName: "Corbel centre", now: time.now, random: AnyRandom(random))
        try await write("ca", authority.certificate, try authority.privateKey)
        return authority
    }

    /// The server's certificate is made after the store and the authority: where it is not there, a first start is yet
    /// to come to its end.
    private func hasServed() async throws -> Bool { try await files.exists(path + "/pki/server.pem") }

    func checkStore() async throws {
        let size = try await files.entry(at: storePath)?.size ?? 0
        guard size == 0, try await hasServed() else { return }
        throw StatusError(
            .invalid,
            "\(storePath) is missing or empty, and this directory has served before: put the store back, or remove "
                + "\(path)/pki/server.pem to begin with an empty one")
    }

    /// A certificate of the authority and its key: the one that is there, or a new one where that is missing, due for
    /// renewal, of another authority, or not for all of the profile's names.
    func certificate(
        _ name: String, _ profile: CertificateProfile, of authority: CertificateAuthority, validity: Duration
    ) async throws -> (certificate: PEM, key: PEM) {
        if let pair = try await read(name), let info = try? CertificateInfo(pem: pair.certificate),
            info.rejection(by: authority.info, for: profile.usages[0], at: time.now) == nil,
            !info.validity.isDueForRenewal(at: time.now),
            Set(profile.dnsNames).isSubset(of: info.dnsNames), Set(profile.addresses).isSubset(of: info.addresses)
        {
            return pair
        }
        let issued = try authority.issue(profile, now: time.now, validity: validity, random: AnyRandom(random))
        let key = try issued.privateKey.pem
        try await write(name, issued.certificate, key)
        return (issued.certificate, key)
    }

    /// The key that revisions are signed with: the one that is there, or a new one.
    func signer() async throws -> Signer {
        if let existing = try await existingSigner("revisions") { return existing }
        return try await newSigner("revisions")
    }

    /// The key that bearer tokens are signed with: the one that is there, or a new one.
    func tokenSigner() async throws -> Signer {
        if let existing = try await existingTokenSigner() { return existing }
        return try await newSigner("tokens")
    }

    func existingTokenSigner() async throws -> Signer? { try await existingSigner("tokens") }

    private func existingSigner(_ name: String) async throws -> Signer? {
        let keyPath = "\(path)/pki/\(name).key"
        guard try await files.exists(keyPath) else { return nil }
        let pem = PEM(bytes: try await files.read(keyPath, limit: 64 << 10))
        return try explaining("pki/\(name).key") { try Signer(pem: pem) }
    }

    private func newSigner(_ name: String) async throws -> Signer {
        let keyPath = "\(path)/pki/\(name).key"
        let signer = Signer()
        try await files.writeDurably("\(path)/pki/\(name).pem", signer.verifier.pem.bytes, mode: 0o644)
        try await files.writeDurably(keyPath, try signer.pem.bytes, mode: 0o600)
        return signer
    }

    /// Names the files behind an error.
    private func explaining<Value>(_ names: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as StatusError {
            throw StatusError(.invalid, "\(path): \(names): \(error.message)")
        }
    }

    /// What is there already is not written again: a centre on a full disk starts as long as nothing has changed.
    func writeKubeconfig(_ kubeconfig: Kubeconfig) async throws {
        let text = Array(kubeconfig.text.utf8)
        if try await files.exists(kubeconfigPath), try await files.read(kubeconfigPath, limit: 1 << 20) == text {
            return
        }
        try await files.writeDurably(kubeconfigPath, text, mode: 0o600)
    }

    private func read(_ name: String) async throws -> (certificate: PEM, key: PEM)? {
        let certificate = "\(path)/pki/\(name).pem"
        let key = "\(path)/pki/\(name).key"
        guard try await files.exists(certificate), try await files.exists(key) else { return nil }
        return (
            PEM(bytes: try await files.read(certificate, limit: 64 << 10)),
            PEM(bytes: try await files.read(key, limit: 64 << 10))
        )
    }

    /// The key goes first: a certificate without its key would be taken for a pair that was lost.
    private func write(_ name: String, _ certificate: PEM, _ key: PEM) async throws {
        try await files.writeDurably("\(path)/pki/\(name).key", key.bytes, mode: 0o600)
        try await files.writeDurably("\(path)/pki/\(name).pem", certificate.bytes, mode: 0o644)
    }
}

/// A random source as a type of its own, for interfaces that are generic over it.
struct AnyRandom: RandomSource {
    private let base: any RandomSource

    init(_ base: any RandomSource) { self.base = base }

    func bytes(_ count: Int) -> [UInt8] { base.bytes(count) }
}
