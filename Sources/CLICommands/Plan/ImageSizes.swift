import CorbelAPI
import Effects
import Revisions

/// How long images are, as the server that keeps them says; each is asked for once.
struct ImageSizes {
    private let connection: Connection
    private var known: [String: Int64?] = [:]

    init(_ connection: Connection) { self.connection = connection }

    /// The image of a revision's operating system; nil where the server does not have it, or not yet.
    mutating func byteCount(of revision: ClusterRevision) async throws -> Int64? {
        guard let digest = ImageDigest.of(reference: revision.osImage) else { return nil }
        if let count = known[digest] { return count }
        let reply = try await connection.sender.send(
            HTTPCall("HEAD", "\(connection.server)/images/v1/\(digest)", headers: connection.credentials), limit: 0)
        let count = reply.status == 200 ? reply.header("Content-Length").flatMap { Int64($0) } : nil
        known[digest] = .some(count)
        return count
    }
}
