public import APIServer
import CorbelAPI
public import Effects

/// Serves images of the operating system by their digest: `GET /images/v1/sha256:<digest>?offset=<bytes>`.
///
/// A host that was cut off asks for the rest. What is served under a digest is checked by the host that fetches it.
public struct ImageRegistry: RequestHandler {
    public static let pathPrefix = "/images/v1/"

    private let directory: String
    private let files: any FileReader

    /// - Parameter directory: where the images lie, each named by the hexadecimal digits of its digest.
    public init(directory: String, files: any FileReader) {
        self.directory = directory
        self.files = files
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
        guard request.method == "GET", let match = digest.wholeMatch(of: /sha256:([0-9a-f]{64})/) else {
            throw StatusError(.badRequest, "\"\(digest.prefix(80))\" is no digest: sha256: and 64 hexadecimal digits")
        }
        let path = "\(directory)/\(match.1)"
        guard try await files.exists(path) else {
            throw StatusError(.notFound, "there is no image \(digest); put it into \(directory)")
        }
        let bytes = try await files.read(path, limit: 1 << 30)
        let text = request.query.first { $0.name == "offset" }?.value ?? "0"
        guard let offset = Int(text), (0...bytes.count).contains(offset) else {
            throw StatusError(.badRequest, "query parameter offset: \"\(text)\" is no offset from 0 to \(bytes.count)")
        }
        return .document(.init(contentType: "application/octet-stream", body: Array(bytes[offset...])))
    }
}
