/// The one error that crosses a client or a store: Kubernetes' `Status` of a failure.
///
/// Callers branch on ``reason``; people read ``message``. Foreign errors are mapped to this type once, in the adapter
/// that meets them.
public struct StatusError: Error, Sendable, Hashable {
    /// Why a request failed, in Kubernetes' words (`metav1.StatusReason`).
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case badRequest = "BadRequest"
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case notFound = "NotFound"
        case methodNotAllowed = "MethodNotAllowed"
        case notAcceptable = "NotAcceptable"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case gone = "Gone"
        case expired = "Expired"
        case requestEntityTooLarge = "RequestEntityTooLarge"
        case unsupportedMediaType = "UnsupportedMediaType"
        case invalid = "Invalid"
        case tooManyRequests = "TooManyRequests"
        case internalError = "InternalError"
        case serviceUnavailable = "ServiceUnavailable"
        case timeout = "Timeout"

        /// The HTTP status code that goes with the reason.
        public var code: Int {
            switch self {
            case .badRequest: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .alreadyExists, .conflict: 409
            case .gone, .expired: 410
            case .requestEntityTooLarge: 413
            case .unsupportedMediaType: 415
            case .invalid: 422
            case .tooManyRequests: 429
            case .internalError: 500
            case .serviceUnavailable: 503
            case .timeout: 504
            }
        }
    }

    /// One thing that is wrong: which field, and what about it (`metav1.StatusCause`).
    public struct Cause: Sendable, Hashable {
        /// `FieldValueInvalid`, `FieldValueRequired`, `FieldManagerConflict`, …
        public var reason: String
        public var message: String
        /// The path of the field, such as `spec.pools[0].name`; empty where the cause concerns no field.
        public var field: String

        public init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    public var reason: Reason
    public var message: String
    public var causes: [Cause]
    /// The object that the request was about, as far as it is known.
    public var group: String
    public var kind: String
    public var name: String
    /// How long the server asks the client to wait before it tries again.
    public var retryAfter: Duration?

    public init(
        _ reason: Reason, _ message: String, causes: [Cause] = [], group: String = "", kind: String = "",
        name: String = "", retryAfter: Duration? = nil
    ) {
        self.reason = reason
        self.message = message
        self.causes = causes
        self.group = group
        self.kind = kind
        self.name = name
        self.retryAfter = retryAfter
    }

    public var code: Int { reason.code }

    /// Whether the same request may succeed later without any change.
    public var isTransient: Bool {
        switch reason {
        case .tooManyRequests, .serviceUnavailable, .timeout, .internalError: true
        default: false
        }
    }
}

extension StatusError: CustomStringConvertible {
    public var description: String { message }
}

extension StatusError {
    /// The `Status` object (`v1`, kind `Status`) that a server answers with.
    public var json: JSONValue {
        var status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
            "message": .string(message), "reason": .string(reason.rawValue), "code": JSONValue(code),
        ]
        var details: JSONValue = [:]
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if !kind.isEmpty { details["kind"] = .string(kind) }
        if !causes.isEmpty { details["causes"] = .array(causes.map(\.json)) }
        if let retryAfter { details["retryAfterSeconds"] = .integer(max(1, retryAfter.secondsRoundedUp)) }
        if details != [:] { status["details"] = details }
        return status
    }

    /// Reads a `Status` object. What does not name a known reason is judged by its code.
    public init(json: JSONValue) {
        let code = json["code"]?.intValue ?? 500
        let reason = json["reason"]?.stringValue.flatMap(Reason.init(rawValue:)) ?? Reason(judging: code)
        let details = json["details"]
        self.init(
            reason, json["message"]?.stringValue ?? "the server answered \(code) without a message",
            causes: (details?["causes"]?.arrayValue ?? []).map(Cause.init(json:)),
            group: details?["group"]?.stringValue ?? "", kind: details?["kind"]?.stringValue ?? "",
            name: details?["name"]?.stringValue ?? "",
            retryAfter: details?["retryAfterSeconds"]?.intValue.map { .seconds($0) })
    }
}

extension StatusError.Reason {
    /// The reason that goes with an HTTP status code. 409 says that something else is there, not what: the milder of
    /// its two reasons makes the caller read again. A code that is no reason's blames the caller or the server.
    fileprivate init(judging code: Int) {
        let known = code == 409 ? .conflict : Self.allCases.first { $0.code == code }
        self = known ?? ((400..<500).contains(code) ? .badRequest : .internalError)
    }
}

extension Duration {
    /// Whole seconds that are no less than the duration.
    fileprivate var secondsRoundedUp: Int64 {
        let (seconds, attoseconds) = components
        return attoseconds > 0 ? seconds + 1 : seconds
    }
}

extension StatusError.Cause {
    var json: JSONValue {
        var json: JSONValue = ["reason": .string(reason), "message": .string(message)]
        if !field.isEmpty { json["field"] = .string(field) }
        return json
    }

    init(json: JSONValue) {
        self.init(
            reason: json["reason"]?.stringValue ?? "", message: json["message"]?.stringValue ?? "",
            field: json["field"]?.stringValue ?? "")
    }
}

extension StatusError {
    public static func notFound(_ resource: GroupResource, _ name: String) -> StatusError {
        StatusError(
            .notFound, "\(resource) \"\(name)\" not found", group: resource.group, kind: resource.resource, name: name)
    }

    public static func alreadyExists(_ resource: GroupResource, _ name: String) -> StatusError {
        StatusError(
            .alreadyExists, "\(resource) \"\(name)\" already exists", group: resource.group, kind: resource.resource,
            name: name)
    }

    public static func conflict(_ resource: GroupResource, _ name: String, _ why: String) -> StatusError {
        StatusError(
            .conflict, "Operation cannot be fulfilled on \(resource) \"\(name)\": \(why)", group: resource.group,
            kind: resource.resource, name: name)
    }

    /// An object whose fields are wrong, in the form that kubectl prints well: one line naming every field.
    public static func invalid(_ kind: GroupKind, _ name: String, _ problems: [FieldError]) -> StatusError {
        let list = problems.map(\.description)
        let text = list.count == 1 ? list[0] : "[\(list.joined(separator: ", "))]"
        return StatusError(
            .invalid, "\(kind) \"\(name)\" is invalid: \(text)", causes: problems.map(\.cause), group: kind.group,
            kind: kind.kind, name: name)
    }
}
