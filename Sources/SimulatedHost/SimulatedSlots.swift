import CorbelAPI
import Effects
import PKI

/// Two slots as directories: `slots/A` and `slots/B`, each with an image and a label that is written last.
struct SimulatedSlots: SlotStore {
    let files: any FileStore
    let directory: String
    let booted: SlotName

    func bootedSlot() async throws -> SlotName { booted }

    func content(of slot: SlotName) async throws -> SlotState {
        let label = "\(directory)/\(slot.rawValue)/label.json"
        guard try await files.exists(label) else { return .empty }
        let json = try JSONValue(parsing: try await files.read(label, limit: 64 << 10))
        let image = SlotImage(
            version: json["version"]?.stringValue ?? "", digest: json["digest"]?.stringValue ?? "",
            byteCount: Int64(json["bytes"]?.intValue ?? 0))
        if json["state"]?.stringValue == "complete" { return .complete(image) }
        let size = try await files.entry(at: "\(directory)/\(slot.rawValue)/image")?.size ?? 0
        return .partial(image, durableBytes: Int64(size))
    }

    func inactiveSlotCapacity() async throws -> Int64? { nil }

    func openInactiveSlot(for image: SlotImage) async throws -> any SlotWriter {
        let writer = SimulatedSlotWriter(
            files: files, directory: "\(directory)/\(booted.other.rawValue)", slot: booted.other, image: image)
        if case .partial(image, _) = try await content(of: booted.other) { return writer }
        try await writer.begin()
        return writer
    }

    /// Puts an image into a slot as a factory does.
    static func install(
        _ bytes: [UInt8], version: String, in slot: SlotName, _ directory: String, _ files: any FileStore
    )
        async throws
    {
        let digest = "sha256:" + SHA256Digest.hexadecimal(of: bytes)
        let image = SlotImage(version: version, digest: digest, byteCount: Int64(bytes.count))
        let writer = SimulatedSlotWriter(
            files: files, directory: "\(directory)/\(slot.rawValue)", slot: slot, image: image)
        try await writer.begin()
        try await writer.write(bytes)
        try await writer.finish()
    }
}

struct SimulatedSlotWriter: SlotWriter {
    let files: any FileStore
    let directory: String
    let slot: SlotName
    let image: SlotImage

    private var imagePath: String { directory + "/image" }
    private var labelPath: String { directory + "/label.json" }

    func begin() async throws {
        try await files.makeDirectory(directory, mode: 0o755)
        if try await files.exists(labelPath) { try await files.remove(labelPath) }
        if try await files.exists(imagePath) { try await files.remove(imagePath) }
        try await SimulatedBinaries.remove(from: directory, files)
        try await label("partial")
    }

    private func label(_ state: String) async throws {
        let json: JSONValue = [
            "version": .string(image.version), "digest": .string(image.digest), "bytes": .integer(image.byteCount),
            "state": .string(state),
        ]
        try await files.writeDurably(labelPath, json.encoded, mode: 0o644)
    }

    func durableBytes() async throws -> Int64 { Int64(try await files.entry(at: imagePath)?.size ?? 0) }

    func write(_ bytes: [UInt8]) async throws { try await files.append(imagePath, bytes, mode: 0o644) }

    func finish() async throws {
        let bytes = try await files.read(imagePath, limit: 1 << 30)
        guard Int64(bytes.count) == image.byteCount else {
            throw EffectError(.invalid, "\(imagePath) has \(bytes.count) of \(image.byteCount) bytes")
        }
        guard "sha256:" + SHA256Digest.hexadecimal(of: bytes) == image.digest else {
            try await files.remove(labelPath)
            throw EffectError(.corrupt, "\(imagePath) does not have the digest \(image.digest)")
        }
        try await label("complete")
    }

    func close() async {}
}
