public import CorbelAPI

extension ClusterRevision {
    /// The spec without what differs between two revisions that mean the same cluster.
    public var content: JSONValue {
        var content = spec
        for field in ["epoch", "sequence", "digest", "signature"] { content[field] = nil }
        return content
    }

    /// What names the content: `sha256:` and 64 hexadecimal digits. Equal for equal content, whatever epoch and
    /// sequence.
    public var contentDigest: String { ContentDigest.sha256(content.encoded) }

    /// The bytes that the intent authority signs: the canonical encoding of all of `spec` but the signature.
    public var signedBytes: [UInt8] {
        var signed = spec
        signed["signature"] = nil
        return signed.encoded
    }

    /// Whether `spec.digest` is that of the content.
    public var hasValidDigest: Bool { digest == contentDigest }

    /// Gives a resolved content its place in history, and with that its digest and its name:
    /// `<cluster>-<epoch>-<sequence>-<ten digits of the digest>`.
    public init(resolved: ResolvedRevision, namespace: String, epoch: Int, sequence: Int) {
        self.init(namespace: namespace, name: "")
        spec = resolved.spec
        self.epoch = epoch
        self.sequence = sequence
        digest = contentDigest
        name = "\(clusterName)-\(epoch)-\(sequence)-\(digest.dropFirst("sha256:".count).prefix(10))"
        labels = [WellKnown.clusterName: clusterName]
    }

    /// Whether this revision came before `other` in the history of intents.
    public func precedes(_ other: ClusterRevision) -> Bool { (epoch, sequence) < (other.epoch, other.sequence) }
}
