import CorbelAPI
import Effects
import PKI

/// What a slot says of its content. It is the last thing that is written, and it is believed only where it is whole.
///
/// A block of ``blockSize`` bytes of text, so that a person at a rescue shell can read it:
///
///     corbel-slot 1 <SHA-256 of the next line, hexadecimal>
///     {"bytes":…,"digest":"sha256:…","durable":…,"generation":…,"state":"Partial","version":"…"}
///     zeros
struct SlotLabel: Sendable, Hashable {
    /// The largest unit that a disk writes whole. Two labels never share one.
    static let blockSize = 4096
    private static let header = "corbel-slot 1"

    /// Rises with every write; the copy with the higher number counts.
    var generation: UInt64
    var state: SlotState

    var encoded: [UInt8] {
        let body = json.encoded
        let line = Array("\(Self.header) \(SHA256Digest.hexadecimal(of: body))\n".utf8)
        let text = line + body + [UInt8(ascii: "\n")]
        precondition(text.count <= Self.blockSize, "a label fits into a block, for its version is short")
        return text + [UInt8](repeating: 0, count: Self.blockSize - text.count)
    }

    private var json: JSONValue {
        var json: JSONValue = ["generation": .string(String(generation)), "state": "Empty"]
        switch state {
        case .empty: return json
        case .partial(let image, let durableBytes):
            json["state"] = "Partial"
            json["durable"] = .integer(durableBytes)
            json.add(image)
        case .complete(let image):
            json["state"] = "Complete"
            json.add(image)
        }
        return json
    }

    /// - Returns: `nil` for whatever is not a whole label. Any bytes may be given.
    static func decode(_ block: [UInt8]) -> SlotLabel? {
        let lines = block.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
        guard block.count == blockSize, lines.count == 3,
            lines[0].elementsEqual("\(header) \(SHA256Digest.hexadecimal(of: Array(lines[1])))".utf8),
            let json = try? JSONValue(parsing: Array(lines[1])),
            let generation = json["generation"]?.stringValue.flatMap({ UInt64($0) }), let state = state(json)
        else { return nil }
        return SlotLabel(generation: generation, state: state)
    }

    private static func state(_ json: JSONValue) -> SlotState? {
        if json["state"]?.stringValue == "Empty" { return .empty }
        guard let version = json["version"]?.stringValue, let digest = json["digest"]?.stringValue,
            let count = json["bytes"]?.intValue
        else { return nil }
        let image = SlotImage(version: version, digest: digest, byteCount: Int64(count))
        switch json["state"]?.stringValue {
        case "Complete": return .complete(image)
        case "Partial": return json["durable"]?.intValue.map { .partial(image, durableBytes: Int64($0)) }
        default: return nil
        }
    }
}

extension JSONValue {
    fileprivate mutating func add(_ image: SlotImage) {
        self["version"] = .string(image.version)
        self["digest"] = .string(image.digest)
        self["bytes"] = .integer(image.byteCount)
    }
}
