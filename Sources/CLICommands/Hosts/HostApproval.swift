import CorbelAPI

/// The approval of a host, for one key where that is named.
struct HostApproval: Sendable {
    /// The first digits of the digest that the host's public key must have.
    var expectedKey: String?

    /// The merge patch that approves the host; `nil` where it is approved already.
    ///
    /// - Throws: ``CommandFailure`` where the host has another key, or is revoked.
    func patch(_ host: EdgeHost) throws -> JSONValue? {
        let digest = host.json["status", "publicKeyDigest"]?.stringValue
        if let expectedKey {
            guard let digest else {
                throw CommandFailure(
                    "the host \(host.name) has not registered yet, so its key cannot be compared",
                    hint: "start corbel-agent on it, then repeat the command")
            }
            guard expectedKey.count >= 8, digest.hasPrefix(expectedKey.lowercased()) else {
                throw CommandFailure(
                    "the host \(host.name) has another key: \(digest)",
                    hint: "give at least eight digits; if they differ, somebody else uses the host's name")
            }
        }
        guard host.json["spec", "revoked"]?.boolValue != true else {
            throw CommandFailure("the host \(host.name) is revoked", hint: "clear spec.revoked, or delete the EdgeHost")
        }
        guard !host.isApproved else { return nil }
        var patch: JSONValue = ["spec": ["approved": true]]
        patch["spec", "signingRequestDigest"] = digest.map { .string($0) }
        return patch
    }
}
