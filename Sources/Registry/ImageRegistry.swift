public import APIServer
import CorbelAPI
public import Effects

/// Serves images of the operating system by their digest: `GET /images/v1/sha256:<digest>?offset=<bytes>`; `HEAD` tells
/// how long one is.
///
/// A host that was cut off asks for the rest. What is served under a digest is checked by the host that fetches it.
public struct ImageRegistry: RequestHandler {
    public static let pathPrefix = "/images/v1/"

    /// How much of an image is in memory at a time, for each host that fetches it.
    private static let piece = 256 << 10

    private let directory: String
    private let files: any FileReader

    /// - Parameter directory: where the images lie, each named by the hexadecimal digits of its digest.
    public init(directory: String, files: any FileReader) {
        self.directory = directory
        self.files = files
    }

    /// How many bytes an image has; nil where it is not there.
    public func byteCount(of digest: String) async throws -> Int64? {
        guard let path = path(of: digest) else { return nil }
        return try await files.entry(at: path).map { Int64($0.size) }
    }

    private func path(of digest: String) -> String? {
        digest.wholeMatch(of: /sha256:([0-9a-f]{64})/).map { "\(directory)/\($0.1)" }
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        do {
            return try await image(request)
        } catch let error as StatusError {
            return .failure(error)
        } catch {
            return .failure(StatusError(.internalError, "the image cannot be read: \(error)"))
        }
    }

    private func image(_ request: APIRequest) async throws -> APIResponse {
        guard request.user != .anonymous else {
            throw StatusError(.unauthorized, "images are served to registered hosts only")
        }
        let digest = String(request.path.dropFirst(Self.pathPrefix.count))
        guard ["GET", "HEAD"].contains(request.method), let path = path(of: digest) else {
            throw StatusError(.badRequest, "\"\(digest.prefix(80))\" is no digest: sha256: and 64 hexadecimal digits")
        }
        guard let count = try await byteCount(of: digest) else {
            throw StatusError(.notFound, "there is no image \(digest); put it into \(directory)")
        }
        let text = request.query.first { $0.name == "offset" }?.value ?? "0"
        guard let start = Int64(text), (0...count).contains(start) else {
            throw StatusError(.badRequest, "query parameter offset: \"\(text)\" is no offset from 0 to \(count)")
        }
        return .content(
            .init(contentType: "application/octet-stream", length: count - start) { [files] offset in
                try await files.read(path, at: start + offset, count: Self.piece)
            })
    }
}
