/// Reads the fields of one Protocol Buffers message, in the order in which they were written.
///
/// Source: "Encoding", Protocol Buffers documentation. Groups, which proto3 has no more, are refused.
struct WireReader {
    /// What stands in a field.
    enum Value {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// A number of fixed length, which no kind here has.
        case fixed
    }

    /// Why bytes are no message.
    struct Malformed: Error {
        var message: String
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field, or nil at the end of the message.
    mutating func next() throws(Malformed) -> (number: UInt64, value: Value)? {
        if rest.isEmpty { return nil }
        let tag = try varint()
        guard tag >> 3 > 0 else { throw Malformed(message: "a field has the number 0") }
        switch tag & 7 {
        case 0: return (tag >> 3, .varint(try varint()))
        case 1: return (tag >> 3, try fixed(8))
        case 2: return (tag >> 3, .bytes(try take(try varint())))
        case 5: return (tag >> 3, try fixed(4))
        default: throw Malformed(message: "field \(tag >> 3) has the unknown wire type \(tag & 7)")
        }
    }

    /// Seven bits a byte, the lowest first.
    private mutating func varint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw Malformed(message: "a number is cut off") }
            guard shift < 63 || byte <= 1 else { throw Malformed(message: "a number has more than 64 bits") }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw Malformed(message: "a number has more than 64 bits")
    }

    private mutating func fixed(_ count: UInt64) throws(Malformed) -> Value {
        _ = try take(count)
        return .fixed
    }

    private mutating func take(_ count: UInt64) throws(Malformed) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw Malformed(message: "a field is longer than the message") }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
