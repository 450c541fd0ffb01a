public import CorbelAPI

/// A request as it came, free of any transport.
public struct APIRequest: Sendable {
    /// The HTTP method in capitals.
    public var method: String
    /// The path without the query, percent-decoded, such as `/api/v1/namespaces/default`.
    public var path: String
    /// The parameters of the query, decoded, in the order in which they stand.
    public var query: [(name: String, value: String)]
    public var accept: String
    public var contentType: String
    public var userAgent: String
    public var body: [UInt8]
    public var user: UserInfo
    /// Who the user asks to be taken for (`Impersonate-…`); ``ImpersonationHandler`` makes them that, or refuses.
    public var impersonation: Impersonation?
    /// The address that the request came from; empty where there is none.
    public var source: String

    public init(
        method: String, path: String, query: [(name: String, value: String)] = [], accept: String = "",
        contentType: String = "", userAgent: String = "", body: [UInt8] = [], user: UserInfo,
        impersonation: Impersonation? = nil, source: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.accept = accept
        self.contentType = contentType
        self.userAgent = userAgent
        self.body = body
        self.user = user
        self.impersonation = impersonation
        self.source = source
    }

    /// The first value of a query parameter; empty parameters count as absent.
    func parameter(_ name: String) -> String? {
        query.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// A query parameter that is a truth value, as Go reads one.
    func flag(_ name: String) throws -> Bool {
        guard let text = parameter(name) else { return false }
        switch text {
        case "1", "t", "T", "true", "True", "TRUE": return true
        case "0", "f", "F", "false", "False", "FALSE": return false
        default: throw StatusError(.badRequest, "query parameter \(name): \"\(text)\" is neither true nor false")
        }
    }

    func number(_ name: String) throws -> Int {
        guard let text = parameter(name) else { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw StatusError(.badRequest, "query parameter \(name): \"\(text)\" is no number of 0 or more")
        }
        return number
    }

    /// Whether the request is to do everything but the write. `All` is the only value that Kubernetes knows.
    var isDryRun: Bool {
        get throws {
            guard let text = parameter("dryRun") else { return false }
            guard text == "All" else {
                throw StatusError(
                    .badRequest, "query parameter dryRun: \"\(text)\" is not supported, the only value is All")
            }
            return true
        }
    }
}

/// Who sends a request, as the transport has authenticated them.
public struct UserInfo: Sendable, Hashable {
    public var name: String
    public var groups: [String]
    public var uid: String
    /// What else is known of the user; of an impersonated one, what the impersonator says.
    public var extra: [String: [String]]

    public init(name: String, groups: [String], uid: String = "", extra: [String: [String]] = [:]) {
        self.name = name
        self.groups = groups
        self.uid = uid
        self.extra = extra
    }

    public static let anonymous = UserInfo(name: "system:anonymous", groups: [unauthenticatedGroup])

    public static let authenticatedGroup = "system:authenticated"
    public static let unauthenticatedGroup = "system:unauthenticated"

    /// Whether nobody knows who it is.
    public var isAnonymous: Bool { groups.contains(Self.unauthenticatedGroup) }

    /// Whether the user may do everything.
    var isMaster: Bool { groups.contains(Self.mastersGroup) }

    /// Kubernetes' group of those who may do everything.
    public static let mastersGroup = "system:masters"
}

/// Where the lines of a watch go. A write returns when the transport has taken the line: a slow client slows the watch.
public protocol LineWriter: Sendable {
    func write(_ line: [UInt8]) async throws
}

/// The answer to a request.
public enum APIResponse: Sendable {
    /// A whole document.
    case document(Document)
    /// A document without an end: a watch. The transport runs `produce` within its own task, hands on every line that
    /// it writes, and cancels it when the client goes away.
    case stream(contentType: String, produce: @Sendable (any LineWriter) async throws -> Void)
    /// Bytes that are too many to be held: they are read as the transport takes them.
    case content(Content)

    public struct Content: Sendable {
        public var contentType: String
        public var length: Int64
        /// The next bytes from an offset on. None, or an error, ends the answer before its length.
        public var read: @Sendable (_ offset: Int64) async throws -> [UInt8]

        public init(
            contentType: String, length: Int64, read: @escaping @Sendable (_ offset: Int64) async throws -> [UInt8]
        ) {
            self.contentType = contentType
            self.length = length
            self.read = read
        }
    }

    public struct Document: Sendable {
        public var status: Int
        public var contentType: String
        public var body: [UInt8]
        /// Texts for the `Warning` header, for people.
        public var warnings: [String]
        public var retryAfter: Duration?
        /// Kubernetes' reason of a failure; for those who look on, the client reads it in the body.
        public var reason = ""
        /// The name of the object that a write was about, where it is known.
        public var objectName = ""

        public init(
            status: Int = 200, contentType: String = "application/json", body: [UInt8], warnings: [String] = [],
            retryAfter: Duration? = nil
        ) {
            self.status = status
            self.contentType = contentType
            self.body = body
            self.warnings = warnings
            self.retryAfter = retryAfter
        }
    }

    static func json(
        _ json: JSONValue, status: Int = 200, contentType: String = "application/json", warnings: [String] = [],
        objectName: String = ""
    ) -> APIResponse {
        var document = Document(status: status, contentType: contentType, body: json.encoded, warnings: warnings)
        document.objectName = objectName
        return .document(document)
    }

    public static func failure(_ error: StatusError) -> APIResponse {
        var document = Document(status: error.code, body: error.json.encoded, retryAfter: error.retryAfter)
        document.reason = error.reason.rawValue
        return .document(document)
    }
}
