import CorbelAPI
import Effects
import HostPlan
import PKI

/// Fetches images of the operating system, and writes them to the slot that is not in use.
///
/// A download goes on where it was cut off: the server is asked for the rest by its offset, and the digest of the whole
/// is compared at the end. An image passes through memory in pieces, however long it is.
struct ImageDownloader: Sendable {
    private static let chunk = 1 << 20

    let configuration: AgentConfiguration
    let effects: HostEffects
    let record: HostRecordFiles
    let sender: @Sendable () async throws -> any HTTPSender

    func download(
        _ reference: String, digest: String, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let path = record.imagePath(digest)
        if try await effects.files.exists(path) { return }
        try await record.removeImages(butNot: digest)
        let partial = path + ".part"
        let present = Int64(try await effects.files.entry(at: partial)?.size ?? 0)
        let url = "\(configuration.centreURL)/images/v1/\(digest)?offset=\(present)"
        let stream = try await sender().open(HTTPCall("GET", url, timeout: .seconds(60)))
        guard stream.status == 200 else {
            throw HostFailure(
                stream.status == 404 ? .notFound : .network, "\(reference): the registry answered \(stream.status)")
        }
        try await save(stream, to: partial, progress: progress)
        try await verify(partial, digest, reference)
        try await effects.files.rename(partial, to: path)
    }

    /// Appends what arrives in pieces: each is made durable, which takes a disk its time.
    private func save(_ stream: HTTPStream, to path: String, progress: (Int) async -> Void) async throws {
        let total = stream.headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        var received = 0
        var piece: [UInt8] = []
        do {
            for try await bytes in stream.body {
                piece += bytes
                received += bytes.count
                guard piece.count >= Self.chunk else { continue }
                try await effects.files.append(path, piece, mode: 0o600)
                piece.removeAll(keepingCapacity: true)
                if total > 0 { await progress(received * 100 / total) }
            }
        } catch {
            // A link that breaks before each piece is whole gets the image nevertheless.
            try await effects.files.append(path, piece, mode: 0o600)
            throw error
        }
        try await effects.files.append(path, piece, mode: 0o600)
    }

    private func verify(_ path: String, _ digest: String, _ reference: String) async throws {
        var sum = SHA256Digest()
        try await forEachPiece(of: path) { piece, _ in sum.update(piece) }
        let found = "sha256:" + sum.hexadecimal
        guard found == digest else {
            try await effects.files.remove(path)
            throw HostFailure(.digestMismatch, "\(reference): its digest is \(found), and should be \(digest)")
        }
    }

    func writeSlot(
        digest: String, version: String, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let path = record.imagePath(digest)
        guard let size = try await effects.files.entry(at: path)?.size else {
            throw HostFailure(.notFound, "the image \(digest) is not on this host")
        }
        let image = SlotImage(version: version, digest: digest, byteCount: Int64(size))
        let writer = try await effects.slots.openInactiveSlot(for: image)
        do {
            try await forEachPiece(of: path, from: try await writer.durableBytes()) { piece, end in
                try await writer.write(piece)
                await progress(Int(end) * 100 / max(1, size))
            }
            try await writer.finish()
        } catch {
            await writer.close()
            throw error
        }
    }

    /// Hands on a file piece by piece, each with the offset that it ends at.
    private func forEachPiece(
        of path: String, from start: Int64 = 0, _ body: (_ piece: [UInt8], _ end: Int64) async throws -> Void
    ) async throws {
        var offset = start
        while true {
            let piece = try await effects.files.read(path, at: offset, count: Self.chunk)
            if piece.isEmpty { return }
            offset += Int64(piece.count)
            try await body(piece, offset)
        }
    }
}
