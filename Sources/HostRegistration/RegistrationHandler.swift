public import APIServer
import CorbelAPI
public import Effects
public import PKI
public import ResourceClient

/// Gives hosts their certificates.
///
///     POST /registration/v1alpha1/hosts   {"name", "signingRequest", "token"?, "namespace"?, "address"?, "inventory"?}
///     POST /registration/v1alpha1/renew   {"signingRequest"}           with the certificate that is to be renewed
///     POST /registration/v1alpha1/heartbeat  {"bootID"?, "agentVersion"?}  with the host's certificate
///
/// A host that comes with a token is approved by it, unless the token says otherwise, and belongs to the token's
/// namespace. A host without a token must have been announced: somebody has created its EdgeHost. It then waits until
/// the EdgeHost is approved. An EdgeHost belongs to the first key that registered as it; another key is refused until
/// somebody deletes the EdgeHost.
public struct RegistrationHandler: RequestHandler {
    public static let pathPrefix = "/registration/v1alpha1/"

    /// How long a host's certificate is valid. It renews in the last third.
    public static let certificateValidity = Duration.seconds(30 * 86_400)

    let client: any ResourceClient
    let authority: CertificateAuthority
    let time: any TimeSource
    let random: any RandomSource
    let monitor: HeartbeatMonitor

    /// - Parameter client: acts as the server itself.
    public init(
        client: any ResourceClient, authority: CertificateAuthority, time: any TimeSource, random: any RandomSource,
        monitor: HeartbeatMonitor
    ) {
        self.client = client
        self.authority = authority
        self.time = time
        self.random = random
        self.monitor = monitor
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        do {
            guard request.method == "POST" else {
                throw StatusError(.methodNotAllowed, "registration answers POST only")
            }
            guard request.body.count <= 64 << 10 else {
                throw StatusError(.requestEntityTooLarge, "a registration has at most 65536 bytes")
            }
            let body = try Self.body(of: request)
            switch request.path.dropFirst(Self.pathPrefix.count) {
            case "hosts": return try await register(body)
            case "renew": return try await renew(body, request.user)
            case "heartbeat": return try await heartbeat(body, request.user)
            default: throw StatusError(.notFound, "the server could not find the requested resource")
            }
        } catch let error as StatusError {
            return .failure(error)
        } catch {
            return .failure(StatusError(.internalError, "unexpected error: \(error)"))
        }
    }

    private static func body(of request: APIRequest) throws -> JSONValue {
        if request.body.isEmpty { return [:] }
        do {
            return try JSONValue(parsing: request.body)
        } catch {
            throw StatusError(.badRequest, "the body is no JSON document: \(error)")
        }
    }

    // MARK: Registration

    private func register(_ body: JSONValue) async throws -> APIResponse {
        let signingRequest = try Self.signingRequest(in: body)
        let name = try Self.name(in: body)
        let host: EdgeHost
        if let text = body["token"]?.stringValue {
            host = try await registerByToken(text, name, signingRequest, body)
        } else {
            host = try await registerAnnounced(name, signingRequest, body)
        }
        guard host.isApproved else { return Self.waiting(host, signingRequest) }
        return try issue(signingRequest, to: host)
    }

    private static func signingRequest(in body: JSONValue) throws -> SigningRequest {
        guard let text = body["signingRequest"]?.stringValue else {
            throw StatusError(.badRequest, "signingRequest: is required: a certificate signing request, PEM")
        }
        return try SigningRequest(pem: PEM(text: text))
    }

    private static func name(in body: JSONValue) throws -> String {
        let name = body["name"]?.stringValue ?? ""
        let isValid = name.wholeMatch(of: /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/) != nil
        guard isValid else {
            throw StatusError(
                .badRequest,
                "name: \"\(name.prefix(80))\" is no host name: at most 63 lower-case letters, digits and '-', "
                    + "starting and ending with a letter or digit"
            )
        }
        return name
    }

    private func registerByToken(
        _ text: String, _ name: String, _ request: SigningRequest, _ body: JSONValue
    ) async throws -> EdgeHost {
        let token = try await validToken(text)
        guard let present = try await client.find(EdgeHost.self, namespace: token.namespace, name: name) else {
            try await use(token)
            return try await note(request, body, on: try await create(name, request, from: token))
        }
        try check(request, for: present)
        // A host that comes again, because an answer got lost, is the same use; and what was decided about it meanwhile
        // stands.
        if present.isRegistered(with: request) { return try await note(request, body, on: present) }
        // So is one whose key was approved before, by us in the moment of a crash or by a person.
        if present.expectedKeyDigest == nil { try await use(token) }
        return try await note(request, body, on: try await approve(present, by: token))
    }

    /// Takes a use of a token before the host is there: a token never registers more hosts than it may, and a use is
    /// lost where we crash in between.
    private func use(_ token: RegistrationToken) async throws {
        var token = token
        while true {
            try checkUses(of: token)
            token.uses += 1
            token.json["status", "lastUsed"] = .string(time.now.rfc3339)
            do {
                _ = try await client.updateStatus(token, by: "registration")
                return
            } catch let error as StatusError where error.reason == .conflict {
                // Another host was faster. Every round somebody gets on, so this ends.
                token = RegistrationToken(try await client.get(token.key))
                try checkValidity(of: token)
            }
        }
    }

    private func approve(_ host: EdgeHost, by token: RegistrationToken) async throws -> EdgeHost {
        guard token.approves, !host.isApproved else { return host }
        var host = host
        host.isApproved = true
        return try await client.update(host, by: "registration")
    }

    /// The token behind a text. All that is wrong with one gives the same answer to those who guess, save for what only
    /// the holder of the secret can learn.
    private func validToken(_ text: String) async throws -> RegistrationToken {
        let refused = StatusError(.unauthorized, "token: is not known; ask for a new one")
        guard let secret = RegistrationSecret(text) else { throw refused }
        let tokens = try await client.list(RegistrationToken.self).filter { $0.name == secret.id }
        guard let token = tokens.first(where: { secret.matches(secretDigest: $0.secretDigest ?? "") }) else {
            throw refused
        }
        try checkValidity(of: token)
        return token
    }

    private func checkValidity(of token: RegistrationToken) throws {
        if token.isRevoked { throw StatusError(.unauthorized, "token: \(token.name) was revoked; ask for a new one") }
        guard let expires = token.expires, time.now < expires else {
            let when = token.expires.map { " at \($0)" } ?? ""
            throw StatusError(.unauthorized, "token: \(token.name) expired\(when); ask for a new one")
        }
    }

    private func checkUses(of token: RegistrationToken) throws {
        guard let limit = token.maxUses, token.uses >= limit else { return }
        throw StatusError(
            .unauthorized,
            "token: \(token.name) has registered \(token.uses) hosts, and may register \(limit); ask for a new one")
    }

    /// The key is in the object from its first moment: an approved EdgeHost without one would be anybody's.
    private func create(
        _ name: String, _ request: SigningRequest, from token: RegistrationToken
    ) async throws -> EdgeHost {
        var host = EdgeHost(namespace: token.namespace, name: name)
        host.isApproved = token.approves
        host.json["spec", "signingRequestDigest"] = .string(request.publicKeyDigest)
        host.labels = token.json["spec", "hostLabels"]?.stringMap ?? [:]
        host = try await client.create(host, by: "registration")
        host.json["status", "registrationToken"] = .string(token.name)
        return host
    }

    private func registerAnnounced(
        _ name: String, _ request: SigningRequest, _ body: JSONValue
    ) async throws -> EdgeHost {
        let namespace = body["namespace"]?.stringValue ?? "default"
        guard let host = try await client.find(EdgeHost.self, namespace: namespace, name: name) else {
            throw StatusError(
                .unauthorized,
                "no token was sent, and no EdgeHost \(namespace)/\(name) was announced: send a token, or create the "
                    + "EdgeHost"
            )
        }
        try check(request, for: host)
        if host.isApproved, host.expectedKeyDigest == nil {
            throw StatusError(
                .unauthorized,
                "the EdgeHost \(namespace)/\(name) was approved before any key was known: set "
                    + "spec.signingRequestDigest to "
                    + "\(request.publicKeyDigest) if that is this host's, or send a token")
        }
        return try await note(request, body, on: host)
    }

    /// A key registers as an EdgeHost that is there if it is the first, or the one that registered before.
    private func check(_ request: SigningRequest, for host: EdgeHost) throws {
        if host.isRevoked {
            throw StatusError(.forbidden, "the EdgeHost \(host.namespace)/\(host.name) is revoked")
        }
        guard let expected = host.expectedKeyDigest, expected != request.publicKeyDigest else { return }
        throw StatusError(
            .conflict,
            "the EdgeHost \(host.namespace)/\(host.name) belongs to another key; if this host replaces it, delete the "
                + "EdgeHost first")
    }

    /// Notes what the host says of itself.
    private func note(_ request: SigningRequest, _ body: JSONValue, on host: EdgeHost) async throws -> EdgeHost {
        var host = host
        let before = host
        host.json["status", "publicKeyDigest"] = .string(request.publicKeyDigest)
        if let address = body["address"]?.stringValue {
            host.json["status", "address"] = .string(String(address.prefix(253)))
        }
        if let inventory = body["inventory"], inventory.objectValue != nil {
            host.json["status", "inventory"] = inventory
        }
        host.json["status", "state"] =
            host.isApproved ? (host.consumerCluster == nil ? "Ready" : "InUse") : "Unapproved"
        return host == before ? host : try await client.updateStatus(host, by: "registration")
    }

    private static func waiting(_ host: EdgeHost, _ request: SigningRequest) -> APIResponse {
        let message =
            "the EdgeHost \(host.namespace)/\(host.name) waits for approval; compare the key before you approve it"
        let json: JSONValue = [
            "state": "Unapproved", "message": .string(message), "publicKeyDigest": .string(request.publicKeyDigest),
            "namespace": .string(host.namespace), "name": .string(host.name),
        ]
        return .document(.init(status: 202, body: json.encoded))
    }

    private func issue(_ request: SigningRequest, to host: EdgeHost) throws -> APIResponse {
        let identity = HostIdentity(namespace: host.namespace, name: host.name)
        let certificate = try authority.sign(
            request, as: .client(identity.commonName, organizations: HostIdentity.groups(ofUID: host.uid)),
            now: time.now,
            validity: Self.certificateValidity, random: random)
        let json: JSONValue = [
            "state": "Approved", "namespace": .string(host.namespace), "name": .string(host.name),
            "certificate": .string(certificate.text), "authority": .string(authority.certificate.text),
        ]
        return .document(.init(status: 201, body: json.encoded))
    }

    // MARK: Registered hosts

    /// A new certificate for a host that has a valid one. The key may be a new one: the old certificate vouches for it.
    private func renew(_ body: JSONValue, _ user: UserInfo) async throws -> APIResponse {
        let (_, host) = try await registered(user)
        let request = try Self.signingRequest(in: body)
        return try issue(request, to: try await note(request, [:], on: host))
    }

    private func heartbeat(_ body: JSONValue, _ user: UserInfo) async throws -> APIResponse {
        let (identity, _) = try await registered(user)
        await monitor.heard(identity)
        return .document(.init(body: JSONValue.object(["state": "Approved"]).encoded))
    }

    private func registered(_ user: UserInfo) async throws -> (HostIdentity, EdgeHost) {
        guard let identity = HostIdentity(user) else {
            throw StatusError(.unauthorized, "this needs the certificate of a registered host")
        }
        guard let host = try await client.find(EdgeHost.self, namespace: identity.namespace, name: identity.name),
            host.isActive, HostIdentity.isUser(user, hostWithUID: host.uid)
        else { throw StatusError(.forbidden, "the EdgeHost \(identity.namespace)/\(identity.name) is not approved") }
        return (identity, host)
    }
}

extension EdgeHost {
    /// The key that registered, or before that the one that somebody approved.
    fileprivate var expectedKeyDigest: String? {
        registeredKeyDigest ?? json["spec", "signingRequestDigest"]?.stringValue
    }

    private var registeredKeyDigest: String? { json["status", "publicKeyDigest"]?.stringValue }

    /// Whether this key has registered before.
    fileprivate func isRegistered(with request: SigningRequest) -> Bool {
        registeredKeyDigest == request.publicKeyDigest
    }
}
