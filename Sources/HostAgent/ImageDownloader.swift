import CorbelAPI
import Effects
import HostPlan
import PKI

/// Fetches images of the operating system, and writes them to the slot that is not in use.
///
/// A download goes on where it was cut off: the server is asked for the rest by its offset, and the digest of the whole
/// is compared at the end.
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
        let partial = path + ".part"
        let present = try await effects.files.entry(at: partial)?.size ?? 0
        let url = "\(configuration.centreURL)/images/v1/\(digest)?offset=\(present)"
        let stream = try await sender().open(HTTPCall("GET", url, timeout: .seconds(60)))
        guard stream.status == 200 else {
            throw HostFailure(
                stream.status == 404 ? .notFound : .network, "\(reference): the registry answered \(stream.status)")
        }
        let total = stream.headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        var received = 0
        for try await bytes in stream.body {
            try await effects.files.append(partial, bytes, mode: 0o600)
            received += bytes.count
            if total > 0 { await progress(received * 100 / total) }
        }
        try await verify(partial, digest, reference)
        try await effects.files.writeDurably(path, try await effects.files.read(partial, limit: 1 << 30), mode: 0o600)
        try await effects.files.remove(partial)
    }

    private func verify(_ path: String, _ digest: String, _ reference: String) async throws {
        let bytes = try await effects.files.read(path, limit: 1 << 30)
        let found = "sha256:" + SHA256Digest.hexadecimal(of: bytes)
        guard found == digest else {
            try await effects.files.remove(path)
            throw HostFailure(.digestMismatch, "\(reference): its digest is \(found), and should be \(digest)")
        }
    }

    func writeSlot(
        digest: String, version: String, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let bytes = try await effects.files.read(record.imagePath(digest), limit: 1 << 30)
        let image = SlotImage(version: version, digest: digest, byteCount: Int64(bytes.count))
        let writer = try await effects.slots.openInactiveSlot(for: image)
        do {
            var offset = Int(try await writer.durableBytes())
            while offset < bytes.count {
                let next = min(offset + Self.chunk, bytes.count)
                try await writer.write(Array(bytes[offset..<next]))
                offset = next
                await progress(offset * 100 / max(1, bytes.count))
            }
            try await writer.finish()
        } catch {
            await writer.close()
            throw error
        }
    }
}
