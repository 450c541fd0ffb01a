import APIMachinery
import APIServer
import CorbelAPI
import HostRegistration
import PKI
import ResourceClient
import ScriptedEffects
import Testing

@Suite("Registration")
struct RegistrationTests {
    let centre: Centre
    let key = PrivateKey()

    init() async throws { centre = try await Centre() }

    @Test("A valid token makes an approved host of its namespace, with a certificate for that name alone")
    func validToken() async throws {
        let token = try await centre.token(in: "other", ["hostLabels": ["site": "a"]])
        let answer = try await centre.register(
            "h1", key, token: token, ["address": "10.0.0.1", "inventory": ["cpus": 4]])
        #expect(answer.status == 201)
        let certificate = try answer.certificate()
        #expect(certificate.subject.commonName == "corbel:host:other:h1")
        #expect(!certificate.subject.organizations.contains("system:masters"))
        #expect(
            certificate.rejection(by: centre.authority.info, for: .clientAuthentication, at: centre.clock.now) == nil)
        #expect(certificate.publicKeyDigest == (try key.publicKeyDigest))
        let host = try await centre.host("h1", in: "other")
        #expect(host.isApproved && host.labels == ["site": "a"] && host.address == "10.0.0.1")
        #expect(host.status["inventory"] == ["cpus": 4])
        #expect(host.status["state"] == "Ready")
        let tokens = try await centre.client.list(RegistrationToken.self)
        #expect(tokens.map(\.uses) == [1])
    }

    @Test("A token that is wrong, expired, revoked or used up registers nobody, and says what the holder may know")
    func refusedTokens() async throws {
        let good = try await centre.token()
        let flipped = String(good.dropLast()) + (good.hasSuffix("a") ? "b" : "a")
        let expired = try await centre.token(in: "default", ["expires": .string(centre.clock.now.rfc3339)])
        let revoked = try await centre.token(in: "default", ["revoked": true])
        let single = try await centre.token(in: "default", ["maxUses": 1])
        #expect(try await centre.register("first", PrivateKey(), token: single).status == 201)
        let cases = [
            ("abcdef.0123456789abcdef", "is not known"), ("nonsense", "is not known"), (flipped, "is not known"),
            (expired, "expired"), (revoked, "revoked"), (single, "may register 1"),
        ]
        for (token, part) in cases {
            let answer = try await centre.register("h1", key, token: token)
            #expect(answer.status == 401, "\(part)")
            #expect(answer.message.contains(part), "\(answer.message)")
        }
        #expect(try await centre.client.list(EdgeHost.self).map(\.name) == ["first"])
    }

    @Test("The same host with the same key gets the same answer again, at no further use; another key is a conflict")
    func again() async throws {
        let token = try await centre.token(in: "default", ["maxUses": 1])
        let first = try await centre.register("h1", key, token: token)
        let again = try await centre.register("h1", key, token: token)
        #expect([first.status, again.status] == [201, 201])
        #expect(try first.certificate().subject == again.certificate().subject)
        let other = try await centre.register("h1", PrivateKey(), token: token)
        #expect(other.status == 409)
        #expect(other.message.contains("another key"))
        #expect(try await centre.client.list(RegistrationToken.self).map(\.uses) == [1])
    }

    @Test("Many hosts at once never use a token more often than it may be used")
    func concurrentUses() async throws {
        let token = try await centre.token(in: "default", ["maxUses": 3])
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<12 {
                group.addTask { try await centre.register("h-\(index)", PrivateKey(), token: token).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 201 }.count == 3)
        #expect(try await centre.client.list(EdgeHost.self).count == 3)
    }

    @Test("A host that was disapproved by hand stays so, whatever token it comes with")
    func disapproved() async throws {
        let token = try await centre.token()
        _ = try await centre.register("h1", key, token: token)
        var host = try await centre.host("h1")
        host.isApproved = false
        _ = try await centre.client.update(host, by: "test")
        #expect(try await centre.register("h1", key, token: token).status == 202)
        #expect(try await centre.host("h1").isApproved == false)
    }

    @Test("A token that does not approve leaves that to a person")
    func unapprovingToken() async throws {
        let token = try await centre.token(in: "default", ["approves": false])
        #expect(try await centre.register("h1", key, token: token).status == 202)
        #expect(try await centre.host("h1").status["state"] == "Unapproved")
    }

    @Test("Without a token: announced, waiting with its key to compare, approved by hand, then a certificate")
    func manualApproval() async throws {
        let unannounced = try await centre.register("h1", key, token: nil)
        #expect(unannounced.status == 401)
        #expect(unannounced.message.contains("default/h1"))
        _ = try await centre.client.create(EdgeHost(namespace: "default", name: "h1"), by: "test")
        let waiting = try await centre.register("h1", key, token: nil)
        #expect(waiting.status == 202)
        #expect(waiting.json["publicKeyDigest"] == .string(try key.publicKeyDigest))
        #expect(try await centre.register("h1", PrivateKey(), token: nil).status == 409)
        var host = try await centre.host("h1")
        host.isApproved = true
        _ = try await centre.client.update(host, by: "test")
        #expect(try await centre.register("h1", key, token: nil).status == 201)
    }

    @Test("An EdgeHost that is approved before any key is known is nobody's without a token")
    func approvedWithoutKey() async throws {
        var host = EdgeHost(namespace: "default", name: "h1")
        host.isApproved = true
        _ = try await centre.client.create(host, by: "test")
        let answer = try await centre.register("h1", key, token: nil)
        #expect(answer.status == 401)
        #expect(answer.message.contains("spec.signingRequestDigest"))
        host = try await centre.host("h1")
        host.json["spec", "signingRequestDigest"] = .string(try key.publicKeyDigest)
        _ = try await centre.client.update(host, by: "test")
        #expect(try await centre.register("h1", PrivateKey(), token: nil).status == 409)
        #expect(try await centre.register("h1", key, token: nil).status == 201)
    }

    @Test("A certificate is renewed with the old one, also for a new key, and again if the answer got lost")
    func renewal() async throws {
        let first = try await centre.register("h1", key, token: try await centre.token())
        let user = try first.user()
        let newKey = PrivateKey()
        for _ in 0..<2 {
            let answer = await centre.post("renew", ["signingRequest": .string(try centre.request(newKey))], as: user)
            #expect(answer.status == 201)
            #expect(try answer.certificate().publicKeyDigest == newKey.publicKeyDigest)
            #expect(try answer.user() == user)
        }
        #expect(await centre.post("renew", ["signingRequest": .string(try centre.request(newKey))]).status == 401)
    }

    @Test("A revoked host gets nothing any more", arguments: ["hosts", "renew", "heartbeat"])
    func revoked(path: String) async throws {
        let token = try await centre.token()
        let user = try await centre.register("h1", key, token: token).user()
        var host = try await centre.host("h1")
        host.json["spec", "revoked"] = true
        _ = try await centre.client.update(host, by: "test")
        let body: JSONValue = [
            "name": "h1", "token": .string(token), "signingRequest": .string(try centre.request(key)),
        ]
        #expect(await centre.post(path, body, as: user).status == 403)
    }

    @Test("The certificate of a host that was deleted says nothing about another of its name")
    func namesake() async throws {
        let old = try await centre.register("h1", key, token: try await centre.token()).user()
        #expect(await centre.post("heartbeat", [:], as: old).status == 200)
        try await centre.client.delete(EdgeHost.key(namespace: "default", name: "h1"), .init())
        let new = try await centre.register("h1", PrivateKey(), token: try await centre.token()).user()
        #expect(await centre.post("heartbeat", [:], as: old).status == 403)
        #expect(await centre.post("heartbeat", [:], as: new).status == 200)
        let asOld = centre.server.client(as: old)
        await #expect(throws: StatusError.self) { try await asOld.get(EdgeHost.key(namespace: "default", name: "h1")) }
    }

    @Test(
        "A body that is none is refused and says why",
        arguments: [
            ("{", 400, "JSON"), ("[]", 400, "signingRequest"), ("{}", 400, "signingRequest"),
            (#"{"name":"h1","signingRequest":"-----BEGIN"}"#, 400, ""),
            (#"{"name":5,"signingRequest":"REQUEST"}"#, 400, "name"),
            (#"{"name":"UPPER","signingRequest":"REQUEST"}"#, 400, "UPPER"),
            (#"{"name":"a:b","signingRequest":"REQUEST"}"#, 400, "a:b"),
            (#"{"name":"h1","namespace":"a/b","signingRequest":"REQUEST"}"#, 401, ""),
        ])
    func malformed(body: String, status: Int, part: String) async throws {
        let request = JSONValue.string(try centre.request(key)).encodedText
        let text = body.replacing("\"REQUEST\"", with: request)
        let answer = await centre.post("hosts", bytes: Array(text.utf8))
        #expect(answer.status == status, "\(answer.json)")
        #expect(answer.message.contains(part), "\(answer.message)")
    }

    @Test("A body that is too long, another method and another path are refused")
    func limits() async throws {
        let long = Array(repeating: UInt8(ascii: " "), count: (64 << 10) + 1)
        #expect(await centre.post("hosts", bytes: long).status == 413)
        #expect(await centre.post("hosts", bytes: [], method: "GET").status == 405)
        #expect(await centre.post("elsewhere", [:]).status == 404)
    }
}
