import Effects
import PKI

/// Writes an image into a device, and its label after it.
///
/// | a crash while | the slot is found |
/// |---|---|
/// | it is opened | as it was, with its old content whole; or partial, without a byte |
/// | bytes are written | partial, with the bytes up to the last label |
/// | it is finished | partial or complete |
/// | a wrong digest is noted | partial or empty |
///
/// Every byte is durable when ``write(_:)`` returns. The label follows every ``labelInterval`` bytes and at the end, so
/// a resumed download repeats at most that much.
actor PartitionSlotWriter: SlotWriter {
    static let labelInterval: Int64 = 16 << 20
    private static let readSize: Int64 = 1 << 20

    nonisolated let slot: SlotName
    private let image: SlotImage
    private let device: any BlockDevice
    private let onClose: @Sendable () -> Void

    private var labels: SlotLabels
    private var written: Int64
    private var labelled: Int64
    private var isClosed = false

    init(
        slot: SlotName, image: SlotImage, device: any BlockDevice, labels: SlotLabels, durableBytes: Int64,
        onClose: @escaping @Sendable () -> Void
    ) {
        self.slot = slot
        self.image = image
        self.device = device
        self.labels = labels
        self.onClose = onClose
        written = durableBytes
        labelled = durableBytes
    }

    func durableBytes() async throws -> Int64 { written }

    func write(_ bytes: [UInt8]) async throws {
        try checkOpen()
        guard Int64(bytes.count) <= image.byteCount - written else {
            throw EffectError(.invalid, "slot \(slot.rawValue): the image has only \(image.byteCount) bytes")
        }
        try await device.write(bytes, at: written)
        written += Int64(bytes.count)
        if written - labelled >= Self.labelInterval || written == image.byteCount { try await label() }
    }

    func finish() async throws {
        try checkOpen()
        guard written == image.byteCount else {
            throw EffectError(
                .invalid, "slot \(slot.rawValue): \(written) of the image's \(image.byteCount) bytes are written")
        }
        let digest = try await digestOnMedium()
        guard digest == image.digest else {
            labels = try await labels.writingBoth(.empty, to: device)
            await release()
            throw EffectError(
                .corrupt, "slot \(slot.rawValue): its content has the digest \(digest), and should have \(image.digest)"
            )
        }
        labels = try await labels.writingBoth(.complete(image), to: device)
        await release()
    }

    func close() async {
        if isClosed { return }
        // Without the label the next writer repeats some bytes, and nothing worse.
        if written != labelled { try? await label() }
        await release()
    }

    private func label() async throws {
        labels = try await labels.writing(.partial(image, durableBytes: written), to: device)
        labelled = written
    }

    private func digestOnMedium() async throws -> String {
        try await device.forgetCache()
        var digest = SHA256Digest()
        var offset: Int64 = 0
        while offset < image.byteCount {
            let count = min(Self.readSize, image.byteCount - offset)
            digest.update(try await device.read(at: offset, count: Int(count)))
            offset += count
        }
        return "sha256:" + digest.hexadecimal
    }

    private func checkOpen() throws {
        if isClosed { throw EffectError(.invalid, "slot \(slot.rawValue): its writer is closed") }
    }

    private func release() async {
        isClosed = true
        await device.close()
        onClose()
    }
}
