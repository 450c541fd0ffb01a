import APIServer
import CorbelAPI
import Effects
import EffectsLinux
import HostRegistration
import Logging
import PKI
import ResourceClient
import ScriptedEffects
import Testing

@testable import HostAgent

/// The agent's side of a registration, against the centre's.
@Suite("A host's link to its centre")
struct CentreLinkTests {
    let centre: Centre
    let hostClock = HandTime()

    init() async throws { centre = try await Centre() }

    @Test(
        "finds back when a clock has jumped, whosever it is and however far, after the token has ended",
        arguments: [-40, -1, 1, 40], [true, false])
    func clockJumps(days: Int, isCentres: Bool) async throws {
        try await linked { heartbeat in
            let clock = isCentres ? centre.clock : hostClock
            let jump = Duration.seconds(days * 86_400)
            clock.jump(by: jump)
            for _ in 0..<3 { try await heartbeat() }
            #expect(await isHeard())
            clock.jump(by: .zero - jump)
            for _ in 0..<3 { try await heartbeat() }
            #expect(await isHeard())
        }
        #expect(try await centre.client.list(EdgeHost.self).map(\.name) == ["h1"])
    }

    @Test("is heard of also while the centre gives no new certificate")
    func renewalFails() async throws {
        try await linked(refusing: ["renew"]) { heartbeat in
            // In the last third of its thirty days.
            hostClock.jump(by: .seconds(25 * 86_400))
            try await heartbeat()
            #expect(await isHeard())
        }
    }

    @Test("does not find back where the host was revoked")
    func revoked() async throws {
        try await linked { heartbeat in
            var host = try await centre.host("h1", in: "other")
            host.json["spec", "revoked"] = true
            _ = try await centre.client.update(host, by: "test")
            centre.clock.jump(by: .seconds(40 * 86_400))
            for _ in 0..<3 { try await heartbeat() }
            #expect(await !isHeard())
        }
    }

    private static let interval = Duration.seconds(30)

    /// Whether the last heartbeat has come: the centre's time passes between two of them.
    private func isHeard() async -> Bool {
        await centre.monitor.age(of: HostIdentity(namespace: "other", name: "h1")) == .zero
    }

    /// Runs `body` with a registered host that sends a heartbeat each time that `body` lets it.
    private func linked(
        refusing paths: Set<String> = [], _ body: (_ heartbeat: () async throws -> Void) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { try await linked(in: $0, refusing: paths, body) }
    }

    private func linked(
        in directory: String, refusing paths: Set<String>,
        _ body: (_ heartbeat: () async throws -> Void) async throws -> Void
    ) async throws {
        let files = LinuxFiles()
        let token = try await centre.token(in: "other")
        try await files.writeDurably(directory + "/token", Array(token.utf8), mode: 0o600)
        try await files.writeDurably(directory + "/ca.pem", centre.authority.certificate.bytes, mode: 0o600)
        let link = CentreLink(
            try configuration(directory), files: files, time: hostClock, worldTime: hostClock,
            sender: { [centre] in HandlerSender(centre: centre, identity: $0, refuses: paths) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        _ = try await link.register()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await link.keepAlive() }
            await hostClock.waitForSleeper()
            try await body {
                centre.clock.pass(Self.interval)
                await hostClock.advance(by: Self.interval)
            }
            group.cancelAll()
        }
    }

    private func configuration(_ directory: String) throws -> AgentConfiguration {
        try AgentConfiguration(json: [
            "name": "h1", "address": "192.0.2.1", "dataDirectory": .string(directory),
            "centre": ["url": "https://centre", "authorityFile": .string(directory + "/ca.pem")],
            "tokenFile": .string(directory + "/token"),
        ])
    }
}

/// Brings calls to a centre's handler, and judges certificates by its clock, as its transport does.
private struct HandlerSender: HTTPSender {
    let centre: Centre
    let identity: SenderIdentity
    let refuses: Set<String>

    func send(_ call: HTTPCall, limit: Int) async throws -> HTTPReply {
        let path = String(call.url.dropFirst("https://centre/registration/v1alpha1/".count))
        if refuses.contains(path) { throw StatusError(.serviceUnavailable, "not today") }
        let answer = await centre.post(path, bytes: call.body, as: try user(), method: call.method)
        return HTTPReply(status: answer.status, body: answer.json.encoded)
    }

    func open(_ call: HTTPCall) async throws -> HTTPStream { throw StatusError(.notFound, "nothing is streamed here") }

    private func user() throws -> UserInfo {
        if identity.certificate.isEmpty { return .anonymous }
        let info = try CertificateInfo(pem: PEM(bytes: identity.certificate))
        if let rejection = info.rejection(
            by: centre.authority.info, for: .clientAuthentication, at: centre.clock.now)
        {
            throw StatusError(.unauthorized, "\(rejection)")
        }
        return UserInfo(name: info.subject.commonName, groups: info.subject.organizations)
    }
}
