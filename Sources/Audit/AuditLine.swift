import CorbelAPI
import PKI

/// A line of the audit: a JSON object that bears its number, the digest of the line before, and at its end its own.
///
///     {"code":201,"event":"request",…,"previous":"<64 hex>","sequence":7,…,"digest":"<64 hex>"}
///
/// The digest is the SHA-256 of the line without `,"digest":"…"`. So a line that is changed does not fit its own
/// digest, and one that is changed together with its digest does not fit the line behind it.
struct AuditLine: Sendable, Hashable {
    /// What stands for the line before the first.
    static let noDigest = String(repeating: "0", count: 64)

    var sequence: Int
    var previous: String
    var digest: String
    var json: JSONValue

    private static let infix = Array(",\"digest\":\"".utf8)
    private static let suffix = Array("\"}".utf8)
    private static let tailLength = infix.count + 64 + suffix.count

    /// The bytes of a line, with its end, and its digest.
    static func encode(
        _ record: JSONValue, sequence: Int, previous: String
    ) -> (bytes: [UInt8], digest: String) {
        var json: JSONValue = ["sequence": JSONValue(sequence), "previous": .string(previous)]
        for (key, value) in record.objectValue ?? [:] { json[key] = value }
        var bytes = json.encoded
        let digest = SHA256Digest.hexadecimal(of: bytes)
        bytes.removeLast()
        bytes += infix
        bytes += digest.utf8
        bytes += suffix
        bytes.append(0x0A)
        return (bytes, digest)
    }

    /// Reads a line without its end; nil for one that is not as it was written.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count > Self.tailLength else { return nil }
        let tail = bytes.suffix(Self.tailLength)
        guard tail.starts(with: Self.infix), tail.suffix(Self.suffix.count).elementsEqual(Self.suffix) else {
            return nil
        }
        digest = String(decoding: tail.dropFirst(Self.infix.count).prefix(64), as: UTF8.self)
        let body = bytes.dropLast(Self.tailLength) + [UInt8(ascii: "}")]
        guard SHA256Digest.hexadecimal(of: Array(body)) == digest, let json = try? JSONValue(parsing: body),
            let sequence = json["sequence"]?.intValue, let previous = json["previous"]?.stringValue
        else { return nil }
        self.sequence = sequence
        self.previous = previous
        self.json = json
    }
}

/// The files of an audit: `audit-<number of the first line>.log`, and `head.json` beside them.
public struct AuditDirectory: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    var headPath: String { path + "/head.json" }

    func logPath(from sequence: Int) -> String {
        let digits = String(sequence)
        return "\(path)/audit-\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).log"
    }

    /// The number of a file's first line, by its name.
    static func firstSequence(ofFile name: String) -> Int? {
        guard name.hasPrefix("audit-"), name.hasSuffix(".log") else { return nil }
        return Int(name.dropFirst("audit-".count).dropLast(".log".count))
    }
}

/// How far the audit is known to reach: written beside the files, a moment after them.
struct AuditHead: Sendable, Hashable {
    var sequence: Int
    var digest: String
    /// The first line that is still kept: what was before it was given up for its age.
    var oldest: Int

    var json: JSONValue {
        ["sequence": JSONValue(sequence), "digest": .string(digest), "oldest": JSONValue(oldest)]
    }

    init(sequence: Int, digest: String, oldest: Int) {
        self.sequence = sequence
        self.digest = digest
        self.oldest = oldest
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes), let sequence = json["sequence"]?.intValue,
            let digest = json["digest"]?.stringValue, let oldest = json["oldest"]?.intValue
        else { return nil }
        self.init(sequence: sequence, digest: digest, oldest: oldest)
    }
}
