import CorbelAPI
import ResourceStore

extension StatusError {
    /// The one place where an error of etcd's gateway becomes one of ours: the body has gRPC's code and etcd's text
    /// (`api/v3rpc/rpctypes/error.go`).
    init(etcd body: JSONValue, status: Int) {
        let text = body["error"]?.stringValue ?? body["message"]?.stringValue ?? "no message"
        let retry = Duration.seconds(1)
        switch (GRPCCode(rawValue: body["code"]?.intValue ?? 0), text) {
        case (.outOfRange, let text) where text.contains("compacted"):
            self = .revisionTooOld()
        case (.outOfRange, _):
            self.init(
                .timeout, "Too large resource version: \(text)",
                causes: [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
                retryAfter: retry)
        case (.invalidArgument, let text) where text.contains("too large"):
            self.init(.requestEntityTooLarge, "the object is larger than etcd takes (--max-request-bytes)")
        case (.resourceExhausted, let text) where text.contains("space"):
            self.init(.serviceUnavailable, "etcd's database is full: \(text)", retryAfter: .seconds(10))
        case (.resourceExhausted, _):
            self.init(.tooManyRequests, "etcd: \(text)", retryAfter: retry)
        case (.unauthenticated, _), (.permissionDenied, _):
            self.init(.serviceUnavailable, "etcd refuses the credentials of this server: \(text)")
        case (.unavailable, _), (.deadlineExceeded, _):
            self.init(.serviceUnavailable, "etcd: \(text)", retryAfter: retry)
        default:
            self.init(status >= 500 ? .serviceUnavailable : .internalError, "etcd answered \(status): \(text)")
        }
    }
}

/// The codes of gRPC that etcd uses (`https://grpc.io/docs/guides/status-codes/`).
private enum GRPCCode: Int {
    case invalidArgument = 3
    case deadlineExceeded = 4
    case permissionDenied = 7
    case resourceExhausted = 8
    case outOfRange = 11
    case unavailable = 14
    case unauthenticated = 16
}
