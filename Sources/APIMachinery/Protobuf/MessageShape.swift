/// The fields of a Protocol Buffers message, and the JSON that each becomes.
///
/// Shapes nest and never recur, so the depth of a message is bounded by its shape.
struct MessageShape: Sendable {
    /// How a field is read.
    ///
    /// Kubernetes writes a field that Go keeps by value even when it is empty, and leaves it out of JSON then; a field
    /// that Go keeps by pointer is written when somebody has set it, to zero perhaps. `optional` are the second sort.
    indirect enum Value: Sendable {
        case string
        case optionalString
        case integer
        case optionalInteger
        case optionalBoolean
        /// Bytes, which JSON carries in base64.
        case data
        /// A moment to the second (`metav1.Time`).
        case time
        /// A moment to the microsecond (`metav1.MicroTime`).
        case microTime
        /// A JSON document as bytes (`metav1.FieldsV1`).
        case json
        case message(MessageShape)
        case list(Value)
        /// A map with strings for keys.
        case map(Value)
    }

    struct Field: Sendable {
        var name: String
        var value: Value
    }

    var fields: [UInt64: Field]

    init(_ fields: [UInt64: (String, Value)]) {
        self.fields = fields.mapValues { Field(name: $0.0, value: $0.1) }
    }
}
