import APIServer
import CorbelAPI
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL

/// What a request brings along: its connection.
struct FrontContext: InitializableFromSource, Sendable {
    typealias Source = ApplicationRequestContextSource

    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }

    /// The client's certificate, DER. The streams of HTTP/2 are children of the connection that made the handshake.
    func peerCertificate() async throws -> [UInt8]? {
        let connection = channel.parent.map { $0.parent == nil ? channel : $0 } ?? channel
        return try await connection.pipeline.handler(type: NIOSSLServerHandler.self).map { $0.peerCertificate }.get()
            .map { try $0.toDERBytes() }
    }
}

/// Turns a request of the transport into an ``APIRequest``, and an ``APIResponse`` into one of the transport.
struct FrontResponder: HTTPResponder {
    let handler: any RequestHandler
    let authenticator: any Authenticator
    let bodyLimit: Int
    let unsentLinesLimit: Int
    let isPlaintext: Bool
    let logger: Logger

    func respond(to request: Request, context: FrontContext) async throws -> Response {
        let response = response(to: try await answer(to: request, context))
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to request: Request, _ context: FrontContext) async throws -> APIResponse {
        do {
            var translated = try await translate(request, context)
            do {
                translated.user = try await user(of: request, context)
            } catch let error as StatusError where error.reason == .unauthorized {
                return await handler.refuse(translated, because: error)
            }
            translated.body = try await body(of: request)
            return await handler.handle(translated)
        } catch let error as StatusError {
            return .failure(error)
        }
    }

    // MARK: Requests

    private func user(of request: Request, _ context: FrontContext) async throws -> UserInfo {
        let certificate = isPlaintext ? nil : try await context.peerCertificate()
        return try await authenticator.authenticate(certificate: certificate, bearerToken: bearerToken(of: request))
    }

    /// The request of nobody yet, without its body.
    private func translate(_ request: Request, _ context: FrontContext) async throws -> APIRequest {
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return APIRequest(
            method: request.method.rawValue, path: try decoded(parts[0], plusIsSpace: false),
            query: try parts.count == 2 ? query(parts[1]) : [], accept: request.headers[.accept] ?? "",
            contentType: request.headers[.contentType] ?? "", userAgent: request.headers[.userAgent] ?? "",
            user: .anonymous, impersonation: Impersonation(request.headers),
            source: context.channel.remoteAddress?.ipAddress ?? "")
    }

    private func bearerToken(of request: Request) -> String? {
        guard let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { return nil }
        return String(header.dropFirst("Bearer ".count))
    }

    private func query(_ text: Substring) throws -> [(name: String, value: String)] {
        try text.split(separator: "&").prefix(128).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                try decoded(parts[0], plusIsSpace: true),
                try parts.count == 2 ? decoded(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    private func decoded(_ text: Substring, plusIsSpace: Bool) throws -> String {
        guard let decoded = PercentEncoding.decode(text, plusIsSpace: plusIsSpace) else {
            throw StatusError(.badRequest, "the URL holds a broken percent escape")
        }
        return decoded
    }

    private func body(of request: Request) async throws -> [UInt8] {
        do {
            let buffer = try await request.body.collect(upTo: bodyLimit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw StatusError(
                .requestEntityTooLarge, "Request entity too large: limit is \(bodyLimit)")
        }
    }

    // MARK: Responses

    private func response(to answer: APIResponse) -> Response {
        switch answer {
        case .document(let document):
            var response = Response(
                status: HTTPResponse.Status(code: document.status),
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: document.body)))
            response.headers[.contentType] = document.contentType
            response.headers[.cacheControl] = "no-cache, private"
            if let delay = document.retryAfter {
                response.headers[.retryAfter] = String(max(1, delay.components.seconds))
            }
            for warning in document.warnings { response.headers.append(self.warning(warning)) }
            return response
        case .stream(let contentType, let produce):
            var response = Response(status: .ok, body: body(of: produce))
            response.headers[.contentType] = contentType
            response.headers[.cacheControl] = "no-cache, private"
            return response
        case .content(let content):
            var response = Response(status: .ok, body: body(of: content))
            response.headers[.contentType] = content.contentType
            return response
        }
    }

    /// Piece by piece, so that memory holds no more than one of them for each client.
    private func body(of content: APIResponse.Content) -> ResponseBody {
        ResponseBody(contentLength: Int(content.length)) { writer in
            var offset: Int64 = 0
            while offset < content.length {
                let piece = try await content.read(offset).prefix(Int(content.length - offset))
                // The client sees an answer that is shorter than it was told.
                guard !piece.isEmpty else { throw StatusError(.internalError, "the content has become shorter") }
                offset += Int64(piece.count)
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
    }

    /// A warning for people, in the form of RFC 7234, section 5.5, that kubectl prints.
    private func warning(_ text: String) -> HTTPField {
        let quoted = text.filter { $0 >= " " && $0 != "\u{7F}" }.flatMap {
            $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0]
        }
        return HTTPField(name: .warning, value: "299 - \"\(String(quoted))\"")
    }

    /// The body of a watch. Lines wait in a bounded buffer; a client that lets it fill is told to start anew.
    private func body(of produce: @escaping @Sendable (any LineWriter) async throws -> Void) -> ResponseBody {
        ResponseBody { [unsentLinesLimit, logger] writer in
            let buffer = LineBuffer(limit: unsentLinesLimit)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { buffer.finish() }
                    do {
                        try await produce(buffer)
                    } catch is CancellationError {
                        return
                    } catch {
                        logger.debug("a watch ended: \(error)")
                    }
                }
                for await line in buffer.lines { try await writer.write(ByteBuffer(bytes: line)) }
                group.cancelAll()
            }
            try await writer.finish(nil)
        }
    }
}

/// The lines of a watch that the transport has not taken yet.
private struct LineBuffer: LineWriter {
    let lines: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(limit: Int) {
        (lines, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limit))
    }

    func write(_ line: [UInt8]) async throws {
        switch continuation.yield(line) {
        case .enqueued: return
        case .dropped: throw StatusError(.expired, "the client reads too slowly: start the watch anew")
        case .terminated: throw CancellationError()
        @unknown default: throw CancellationError()
        }
    }

    func finish() { continuation.finish() }
}

extension HTTPField.Name {
    fileprivate static let warning = Self("Warning") ?? .via
}

extension Impersonation {
    private static let prefix = "impersonate-"
    private static let extraPrefix = "impersonate-extra-"

    /// Who a request asks to be taken for; nil where it does not ask.
    fileprivate init?(_ headers: HTTPFields) {
        var isAsked = false
        self.init()
        for field in headers {
            // Of both forms of a name this is the one in small letters.
            let name = field.name.canonicalName
            guard name.hasPrefix(Self.prefix) else { continue }
            switch name {
            case "impersonate-user": user = field.value
            case "impersonate-group": groups.append(field.value)
            case "impersonate-uid": uid = field.value
            case _ where name.hasPrefix(Self.extraPrefix):
                let key = String(name.dropFirst(Self.extraPrefix.count))
                let decoded = PercentEncoding.decode(key[...], plusIsSpace: false)
                extra[decoded ?? key, default: []].append(field.value)
            default: continue
            }
            isAsked = true
        }
        guard isAsked else { return nil }
    }
}
