import CorbelAPI
import Effects
import KubeClient
import Logging
import PKI
import ResourceClient

/// The host's link to the centre: registration, renewal, heartbeats, and a client that acts as this host.
actor CentreLink {
    private let configuration: AgentConfiguration
    private let files: any FileStore
    private let time: any TimeSource
    private let worldTime: any TimeSource
    private let makeSender: @Sendable (SenderIdentity) throws -> any HTTPSender
    private let store: HostIdentityStore
    private let logger: Logger

    private var record: HostRegistrationRecord?
    private var key: PrivateKey?
    private var current: (any HTTPSender)?
    /// Whether the centre does not take the certificate: it has ended, or one of the two has a wrong clock, or had one
    /// when the certificate was made. The host then registers anew with its key, by which the centre knows it, and
    /// without the token, which has served its time.
    private var isRefused = false
    /// When the centre last answered, in uptime.
    private(set) var lastAnswer: Duration?

    init(_ configuration: AgentConfiguration, effects: HostEffects, logger: Logger) {
        self.init(
            configuration, files: effects.files, time: effects.time, worldTime: effects.worldTime,
            sender: effects.sender, logger: logger)
    }

    init(
        _ configuration: AgentConfiguration, files: any FileStore, time: any TimeSource, worldTime: any TimeSource,
        sender: @escaping @Sendable (SenderIdentity) throws -> any HTTPSender, logger: Logger
    ) {
        self.configuration = configuration
        self.files = files
        self.time = time
        self.worldTime = worldTime
        self.logger = logger
        makeSender = sender
        store = HostIdentityStore(directory: configuration.dataDirectory, files: files)
    }

    // MARK: Registration

    /// Registers until the centre has given a certificate, however long that takes.
    func register() async throws -> HostRegistrationRecord {
        if let record { return record }
        if let known = try await store.registration() { return try await adopt(known) }
        var failures = 0
        while true {
            do {
                if let fresh = try await ask(in: configuration.namespace, token: try await token()) {
                    try await store.save(fresh)
                    return try await adopt(fresh)
                }
                failures = 0
            } catch let error as StatusError {
                failures = min(failures + 1, 6)
                logger.warning("registration: \(error.message)")
            }
            try await time.sleep(for: .seconds(1 << failures))
        }
    }

    private func adopt(_ fresh: HostRegistrationRecord) async throws -> HostRegistrationRecord {
        key = try await store.key()
        record = fresh
        current = try makeSender(try identity(trusting: try await authority()))
        return fresh
    }

    /// This host's identity before servers of the given authorities, PEM.
    ///
    /// - Precondition: the host has registered.
    func identity(trusting authorities: [UInt8]) throws -> SenderIdentity {
        guard let record, let key else { preconditionFailure("a host has an identity after it has registered") }
        return SenderIdentity(
            authorities: authorities, certificate: record.certificate.bytes, privateKey: try key.pem.bytes)
    }

    private func authority() async throws -> [UInt8] {
        try await files.read(configuration.authorityFile, limit: 64 << 10)
    }

    private func token() async throws -> String? {
        guard let file = configuration.tokenFile else { return nil }
        let text = String(decoding: try await files.read(file, limit: 4096), as: UTF8.self)
        return text.filter { !$0.isWhitespace }
    }

    /// One attempt; `nil` while the host waits for approval.
    private func ask(in namespace: String, token: String?) async throws -> HostRegistrationRecord? {
        let key = try await store.key()
        var body: JSONValue = [
            "name": .string(configuration.name), "namespace": .string(namespace),
            "address": .string(configuration.address),
            "signingRequest": .string(
                try SigningRequest(CertificateSubject(commonName: configuration.name), key: key).pem.text),
        ]
        body["token"] = token.map { .string($0) }
        let anonymous = try makeSender(SenderIdentity(authorities: try await authority()))
        let answer = try await post("hosts", body, through: anonymous)
        if answer["state"]?.stringValue == "Unapproved" {
            logger.notice("\(answer["message"]?.stringValue ?? "the host waits for approval")")
            return nil
        }
        return try Self.record(in: answer)
    }

    private static func record(in answer: JSONValue) throws -> HostRegistrationRecord {
        guard let namespace = answer["namespace"]?.stringValue, let name = answer["name"]?.stringValue,
            let certificate = answer["certificate"]?.stringValue
        else { throw StatusError(.internalError, "the centre answered a registration without a certificate") }
        return HostRegistrationRecord(namespace: namespace, name: name, certificate: PEM(text: certificate))
    }

    private func post(_ path: String, _ body: JSONValue, through sender: any HTTPSender) async throws -> JSONValue {
        let url = "\(configuration.centreURL)/registration/v1alpha1/\(path)"
        let headers = [HTTPCall.Header("Content-Type", "application/json")]
        let reply = try await sender.send(
            HTTPCall("POST", url, headers: headers, body: body.encoded), limit: 1 << 20)
        let json = try JSONValue(parsing: reply.body)
        guard (200..<300).contains(reply.status) else { throw StatusError(json: json) }
        lastAnswer = time.uptime
        return json
    }

    // MARK: A registered host

    /// A client of the centre that acts as this host.
    ///
    /// - Precondition: the host has registered.
    func client() -> any ResourceClient {
        KubeClient(
            server: configuration.centreURL, sender: registeredSender, registry: .centre, userAgent: "corbel-agent")
    }

    /// Sends as this host.
    ///
    /// - Precondition: the host has registered.
    func sender() -> any HTTPSender { registeredSender }

    private var registeredSender: any HTTPSender {
        guard let current else { preconditionFailure("a host speaks to the centre after it has registered") }
        return current
    }

    /// Sends heartbeats, and renews the certificate in time, until it is cancelled.
    func keepAlive() async throws {
        while true {
            // A centre that gives no certificate today may still hear that the host is there.
            do {
                try await renewIfDue()
            } catch let error as StatusError {
                logger.warning("the certificate cannot be renewed: \(error.message); trying again")
            }
            do {
                _ = try await post("heartbeat", [:], through: registeredSender)
            } catch let error as StatusError {
                logger.debug("heartbeat: \(error.message)")
                isRefused = error.reason == .unauthorized
            }
            try await time.sleep(for: configuration.heartbeatInterval)
        }
    }

    private func renewIfDue() async throws {
        guard let record else { return }
        let validity = try CertificateInfo(pem: record.certificate).validity
        let now = worldTime.now
        // One that begins later, by this clock, is the centre's to judge.
        let isUsable = now <= validity.notAfter && !isRefused
        guard !isUsable || validity.isDueForRenewal(at: now) else { return }
        guard let fresh = isUsable ? try await renew(record) : try await ask(in: record.namespace, token: nil) else {
            return
        }
        isRefused = false
        try await store.save(fresh)
        _ = try await adopt(fresh)
        logger.notice("the certificate was renewed")
    }

    private func renew(_ record: HostRegistrationRecord) async throws -> HostRegistrationRecord {
        let request = try SigningRequest(CertificateSubject(commonName: record.name), key: try await store.key())
        let answer = try await post("renew", ["signingRequest": .string(request.pem.text)], through: registeredSender)
        return try Self.record(in: answer)
    }

    /// Whether the centre has answered within the time that three heartbeats take.
    func isUp() -> Bool {
        lastAnswer.map { time.uptime - $0 <= configuration.heartbeatInterval * 3 } ?? false
    }
}
