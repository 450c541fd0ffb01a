/// One field that is wrong: where it stands, what it held and what is allowed.
public struct FieldError: Sendable, Hashable {
    /// The kind of mistake, in the words of Kubernetes' `field.ErrorType`.
    public enum Reason: String, Sendable, Hashable {
        case required = "FieldValueRequired"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case duplicate = "FieldValueDuplicate"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case typeInvalid = "FieldValueTypeInvalid"
        case notFound = "FieldValueNotFound"
    }

    public var reason: Reason
    /// Such as `spec.pools[0].name`.
    public var field: String
    /// The value found, as JSON; absent where there was none, or where it must not be repeated.
    public var value: JSONValue?
    /// What is allowed, as the end of a sentence.
    public var detail: String

    public init(_ reason: Reason, _ field: String, value: JSONValue? = nil, _ detail: String) {
        self.reason = reason
        self.field = field
        self.value = value
        self.detail = detail
    }

    public static func required(_ field: String, _ detail: String = "") -> FieldError {
        FieldError(.required, field, detail)
    }

    public static func invalid(_ field: String, _ value: JSONValue, _ detail: String) -> FieldError {
        FieldError(.invalid, field, value: value, detail)
    }

    public static func forbidden(_ field: String, _ detail: String) -> FieldError {
        FieldError(.forbidden, field, detail)
    }

    var cause: StatusError.Cause {
        StatusError.Cause(reason: reason.rawValue, message: sentence, field: field)
    }

    private var sentence: String {
        let shown = value.map { ": \($0.excerpt)" } ?? ""
        let tail = detail.isEmpty ? "" : ": \(detail)"
        return words + shown + tail
    }

    private var words: String {
        switch reason {
        case .required: "Required value"
        case .invalid, .typeInvalid: "Invalid value"
        case .notSupported: "Unsupported value"
        case .duplicate: "Duplicate value"
        case .forbidden: "Forbidden"
        case .tooLong: "Too long"
        case .tooMany: "Too many"
        case .notFound: "Not found"
        }
    }
}

extension FieldError: CustomStringConvertible {
    public var description: String { "\(field): \(sentence)" }
}

extension JSONValue {
    /// The encoding, cut to a length that fits into an error message.
    fileprivate var excerpt: String {
        let text = encodedText
        return text.count <= 80 ? text : text.prefix(77) + "..."
    }
}
