public import CorbelAPI
import Synchronization

/// A bearer token that a centre has signed: a JSON Web Token (RFC 7519) with an Ed25519 signature (RFC 8037). It names
/// its bearer and ends by itself. A description never shows it.
public struct AccessToken: Sendable, CustomStringConvertible {
    /// What a token says.
    public struct Claims: Sendable, Hashable {
        public var subject: String
        public var groups: [String]
        public var issued: Timestamp
        public var expires: Timestamp
        /// Tells tokens apart, in the audit for example; no secret.
        public var id: String

        public init(subject: String, groups: [String], issued: Timestamp, expires: Timestamp, id: String) {
            self.subject = subject
            self.groups = groups
            self.issued = issued
            self.expires = expires
            self.id = id
        }
    }

    /// The longest that a token is valid: there is no list of those that are taken back.
    public static let longestValidity = Duration.seconds(86_400)
    static let issuer = "corbel"

    /// The token itself: for the eyes of the one who asked for it.
    public let text: String

    public var description: String { "token …" }

    /// A new token.
    ///
    /// - Throws: `invalid` for claims that hold longer than ``longestValidity``.
    public init(_ claims: Claims, by signer: Signer) throws(StatusError) {
        guard claims.expires > claims.issued, claims.expires - claims.issued <= Self.longestValidity else {
            throw StatusError(.invalid, "a token is valid for more than nothing and at most 24h")
        }
        let header: JSONValue = ["alg": "EdDSA", "typ": "JWT", "kid": .string(try signer.verifier.keyID)]
        let signed = Base64URL.encode(header.encoded) + "." + Base64URL.encode(claims.json.encoded)
        text = signed + "." + Base64URL.encode(try signer.sign(Array(signed.utf8)))
    }
}

/// Tells whose a bearer token is. Signatures of tokens that were accepted are remembered.
public final class AccessTokenVerifier: Sendable {
    /// The longest text that is looked at.
    private static let lengthLimit = 8 << 10

    private let verifier: SignatureVerifier
    private let limit: Int
    /// Clocks of those who made a token and of those who read it may differ by so much.
    private let tolerance: Duration
    private let accepted = Mutex<[String: AccessToken.Claims]>([:])

    public init(_ verifier: SignatureVerifier, limit: Int = 4096, tolerance: Duration = .seconds(60)) {
        self.verifier = verifier
        self.limit = limit
        self.tolerance = tolerance
    }

    /// - Throws: `unauthorized` for anything but a token of this centre that is valid now.
    public func claims(of text: String, at now: Timestamp) throws(StatusError) -> AccessToken.Claims {
        if let known = accepted.withLock({ $0[text] }) { return try check(known, at: now) }
        guard let claims = verified(text) else {
            throw StatusError(.unauthorized, "the bearer token is none of this server")
        }
        _ = try check(claims, at: now)
        accepted.withLock { accepted in
            // Rarely full; who is still there comes back at once.
            if accepted.count >= limit { accepted.removeAll() }
            accepted[text] = claims
        }
        return claims
    }

    private func check(_ claims: AccessToken.Claims, at now: Timestamp) throws(StatusError) -> AccessToken.Claims {
        guard now < claims.expires else { throw StatusError(.unauthorized, "the bearer token has expired") }
        guard claims.issued <= now + tolerance else {
            throw StatusError(.unauthorized, "the bearer token is not valid yet")
        }
        return claims
    }

    /// The claims of a token with a valid signature. The algorithm is this verifier's, whatever the token says.
    private func verified(_ text: String) -> AccessToken.Claims? {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.json(parts[0]), let body = Self.json(parts[1]),
            let signature = Base64URL.decode(parts[2]), header["alg"] == "EdDSA",
            header["kid"] == .string(verifier.keyID),
            verifier.isValid(signature, for: Array("\(parts[0]).\(parts[1])".utf8))
        else { return nil }
        return AccessToken.Claims(json: body)
    }

    private static func json(_ text: Substring) -> JSONValue? {
        Base64URL.decode(text).flatMap { try? JSONValue(parsing: $0) }
    }
}

extension AccessToken.Claims {
    fileprivate var json: JSONValue {
        [
            "iss": .string(AccessToken.issuer), "sub": .string(subject), "groups": JSONValue(groups),
            "iat": .integer(issued.microseconds / 1_000_000), "exp": .integer(expires.microseconds / 1_000_000),
            "jti": .string(id),
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard json["iss"] == .string(AccessToken.issuer), let subject = json["sub"]?.stringValue, !subject.isEmpty,
            let groups = json["groups"]?.stringList, let issued = json["iat"]?.intValue,
            let expires = json["exp"]?.intValue, let id = json["jti"]?.stringValue
        else { return nil }
        self.init(
            subject: subject, groups: groups, issued: Timestamp(seconds: Int64(issued)),
            expires: Timestamp(seconds: Int64(expires)), id: id)
    }
}

/// Base64 for URLs without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        for character in Base64.encode(bytes) where character != "=" {
            text.append(character == "+" ? "-" : character == "/" ? "_" : character)
        }
        return text
    }

    static func decode(_ text: Substring) -> [UInt8]? {
        let foreign = [UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "=")]
        guard !text.utf8.contains(where: foreign.contains) else { return nil }
        var standard = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        while standard.utf8.count % 4 != 0 { standard.append("=") }
        return Base64.decode(standard)
    }
}
