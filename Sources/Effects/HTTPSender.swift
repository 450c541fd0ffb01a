import CorbelAPI

/// A request to a server elsewhere.
public struct HTTPCall: Sendable, Hashable {
    /// A header and its value; names are compared without regard to case.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: String
    /// The whole URL, `https://…`.
    public var url: String
    public var headers: [Header]
    public var body: [UInt8]
    /// How long the head of the answer may take, and how long the connection may be silent after that.
    public var timeout: Duration

    public init(
        _ method: String, _ url: String, headers: [Header] = [], body: [UInt8] = [], timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// An answer whose body has been read.
public struct HTTPReply: Sendable, Hashable {
    public var status: Int
    public var headers: [HTTPCall.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [HTTPCall.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// An answer whose body arrives by and by.
public struct HTTPStream: Sendable {
    public var status: Int
    public var headers: [HTTPCall.Header]
    public var body: AsyncThrowingStream<[UInt8], any Error>

    public init(status: Int, headers: [HTTPCall.Header] = [], body: AsyncThrowingStream<[UInt8], any Error>) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Sends requests over HTTP.
///
/// Every failure to get an answer is a `StatusError`: `serviceUnavailable` where no connection came about, `timeout`
/// where the answer did not come. After either the caller knows nothing of what the server did.
public protocol HTTPSender: Sendable {
    /// - Parameter limit: the longest body that is read; a longer one is `requestEntityTooLarge`.
    func send(_ call: HTTPCall, limit: Int) async throws -> HTTPReply

    func open(_ call: HTTPCall) async throws -> HTTPStream
}
