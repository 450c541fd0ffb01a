public import CorbelAPI

/// Reads the bodies of requests in Kubernetes' form of Protocol Buffers, which its clients send for Kubernetes' own
/// kinds and send in no other form when a server refuses them.
///
/// The form is the four bytes `k8s\0` and a `runtime.Unknown`, which names the type and holds the object. Answers are
/// JSON: every client that sends this form accepts that one too. Fields that a shape does not know are skipped, as
/// Protocol Buffers asks.
public enum ProtobufBody {
    public static let mediaType = "application/vnd.kubernetes.protobuf"

    private static let prefix: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// The object as JSON, with its `apiVersion` and `kind`.
    ///
    /// - Throws: ``StatusError``: `BadRequest` for bytes that are not of this form, `UnsupportedMediaType` for a kind
    ///   that is only understood as JSON.
    public static func decode(_ bytes: [UInt8]) throws -> JSONValue {
        guard bytes.starts(with: prefix) else {
            throw StatusError(
                .badRequest, "the body of the request is not in Kubernetes' form of protobuf: no prefix k8s\\0")
        }
        do {
            let unknown = try UnknownObject(bytes[prefix.count...])
            guard let shape = MessageShape.shape(apiVersion: unknown.apiVersion, kind: unknown.kind) else {
                throw StatusError(
                    .unsupportedMediaType,
                    "\(unknown.kind) in version \"\(unknown.apiVersion)\" is not accepted as \(mediaType), send "
                        + "application/json"
                )
            }
            var object = try MessageDecoder.object(unknown.raw, shape)
            object["apiVersion"] = .string(unknown.apiVersion)
            object["kind"] = .string(unknown.kind)
            return .object(object)
        } catch let error as WireReader.Malformed {
            throw StatusError(.badRequest, "the body of the request is malformed protobuf: \(error.message)")
        }
    }
}

/// The envelope (`runtime.Unknown`).
private struct UnknownObject {
    var apiVersion = ""
    var kind = ""
    var raw: ArraySlice<UInt8> = []

    init(_ bytes: ArraySlice<UInt8>) throws {
        var reader = WireReader(bytes)
        while let field = try reader.next() {
            guard case .bytes(let content) = field.value else { continue }
            switch field.number {
            case 1: try readType(content)
            case 2: raw = content
            case 3, 4: try requirePlain(content)
            default: continue
            }
        }
    }

    private mutating func readType(_ bytes: ArraySlice<UInt8>) throws {
        var reader = WireReader(bytes)
        while let field = try reader.next() {
            guard case .bytes(let content) = field.value else { continue }
            if field.number == 1 { apiVersion = try MessageDecoder.text(content) }
            if field.number == 2 { kind = try MessageDecoder.text(content) }
        }
    }

    /// An encoding or a content type of its own would mean that the object is not Protocol Buffers.
    private func requirePlain(_ content: ArraySlice<UInt8>) throws {
        let text = try MessageDecoder.text(content)
        guard text.isEmpty || text == ProtobufBody.mediaType else {
            throw StatusError(.unsupportedMediaType, "an object within protobuf must be protobuf too, not \"\(text)\"")
        }
    }
}

/// Turns messages into JSON by their shapes.
private enum MessageDecoder {
    static func object(_ bytes: ArraySlice<UInt8>, _ shape: MessageShape) throws -> JSONObject {
        var object = JSONObject()
        var lists: [String: [JSONValue]] = [:]
        var maps: [String: [(String, JSONValue)]] = [:]
        var reader = WireReader(bytes)
        while let (number, value) = try reader.next() {
            guard let field = shape.fields[number] else { continue }
            switch field.value {
            case .list(let element): lists[field.name, default: []].append(try decode(value, element, field.name) ?? "")
            case .map(let element): maps[field.name, default: []].append(try entry(value, element, field.name))
            case let form: object[field.name] = try decode(value, form, field.name)
            }
        }
        for (name, elements) in lists { object[name] = .array(elements) }
        for (name, entries) in maps { object[name] = .object(JSONObject(entries) { _, last in last }) }
        return object
    }

    /// The value of a field; nil where JSON leaves it out.
    private static func decode(
        _ value: WireReader.Value, _ form: MessageShape.Value, _ name: String
    ) throws -> JSONValue? {
        switch (form, value) {
        case (.string, .bytes(let content)): return content.isEmpty ? nil : .string(try text(content))
        case (.optionalString, .bytes(let content)): return .string(try text(content))
        case (.integer, .varint(let number)): return number == 0 ? nil : .integer(Int64(bitPattern: number))
        case (.optionalInteger, .varint(let number)): return .integer(Int64(bitPattern: number))
        case (.optionalBoolean, .varint(let number)): return .bool(number != 0)
        case (.data, .bytes(let content)): return .string(Base64.encode(Array(content)))
        case (.time, .bytes(let content)): return try moment(content).map { .string($0.rfc3339) }
        case (.microTime, .bytes(let content)): return try moment(content).map { .string($0.rfc3339Micro) }
        case (.json, .bytes(let content)): return try document(content, name)
        case (.message(let shape), .bytes(let content)):
            let object = try object(content, shape)
            return object.isEmpty ? nil : .object(object)
        default: throw WireReader.Malformed(message: "the field \(name) is of another type")
        }
    }

    /// An entry of a map: a message with the key in field 1 and the value in field 2, either of which may be left out.
    private static func entry(
        _ value: WireReader.Value, _ form: MessageShape.Value, _ name: String
    ) throws -> (String, JSONValue) {
        guard case .bytes(let content) = value else {
            throw WireReader.Malformed(message: "the field \(name) is of another type")
        }
        var entry: (String, JSONValue) = ("", "")
        var reader = WireReader(content)
        while let (number, value) = try reader.next() {
            if number == 1, case .bytes(let key) = value { entry.0 = try text(key) }
            if number == 2 { entry.1 = try decode(value, form, name) ?? "" }
        }
        return entry
    }

    static func text(_ bytes: ArraySlice<UInt8>) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw WireReader.Malformed(message: "a text is no UTF-8")
        }
        return text
    }

    private static func document(_ bytes: ArraySlice<UInt8>, _ name: String) throws -> JSONValue? {
        var reader = WireReader(bytes)
        while let (number, value) = try reader.next() {
            guard number == 1, case .bytes(let content) = value else { continue }
            do {
                return try JSONValue(parsing: content)
            } catch let error as JSONError {
                throw WireReader.Malformed(message: "the field \(name) is no JSON document: \(error)")
            }
        }
        return nil
    }

    /// Seconds and nanoseconds since 1970. A moment that is not set is an empty message.
    private static func moment(_ bytes: ArraySlice<UInt8>) throws -> Timestamp? {
        if bytes.isEmpty { return nil }
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        var reader = WireReader(bytes)
        while let (number, value) = try reader.next() {
            guard case .varint(let bits) = value else { continue }
            if number == 1 { seconds = Int64(bitPattern: bits) }
            if number == 2 { nanoseconds = Int64(bitPattern: bits) }
        }
        // The years 1 to 9999, as RFC 3339 writes them.
        guard (-62_135_596_800...253_402_300_799).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else {
            throw WireReader.Malformed(message: "a moment lies outside of the years 1 to 9999")
        }
        return Timestamp(microseconds: seconds * 1_000_000 + nanoseconds / 1000)
    }
}
