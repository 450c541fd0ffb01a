public import Effects
import Synchronization

/// Two slots, each a partition or a file of fixed length: the image from its first byte on, and at its end two copies
/// of a label that says what is there.
///
/// Which slot is booted is what the boot loader put on the kernel's command line: `corbel.slot=A`.
public final class PartitionSlots: SlotStore {
    private let paths: [SlotName: String]
    private let devices: any DeviceStore
    private let files: any FileReader
    private let isWriting = Mutex(false)

    /// - Parameters:
    ///   - a: the device of slot A, such as `/dev/disk/by-partlabel/CORBEL_A`.
    ///   - files: where `/proc/cmdline` is read.
    public init(a: String, b: String, devices: any DeviceStore, files: any FileReader) {
        paths = [.a: a, .b: b]
        self.devices = devices
        self.files = files
    }

    public func bootedSlot() async throws -> SlotName {
        let line = String(decoding: try await files.read("/proc/cmdline", limit: 64 << 10), as: UTF8.self)
        guard let slot = KernelCommandLine(line).slot else {
            throw EffectError(
                .notFound,
                "the kernel's command line says nothing of the slot that is booted: the boot loader has to pass "
                    + "\(KernelCommandLine.slotParameter)=A or \(KernelCommandLine.slotParameter)=B")
        }
        return slot
    }

    public func content(of slot: SlotName) async throws -> SlotState {
        let device = try await open(slot, for: .reading)
        let result: Result<SlotState, any Error>
        do {
            result = .success(try await SlotLabels(reading: device).state)
        } catch {
            result = .failure(error)
        }
        await device.close()
        return try result.get()
    }

    public func inactiveSlotCapacity() async throws -> Int64? {
        let device = try await open(bootedSlot().other, for: .reading)
        let capacity = SlotLabels.capacity(of: device)
        await device.close()
        return capacity
    }

    public func openInactiveSlot(for image: SlotImage) async throws -> any SlotWriter {
        guard image.byteCount >= 0, image.version.utf8.count <= 256, image.digest.utf8.count <= 256 else {
            throw EffectError(.invalid, "the image \(image.version.prefix(64)) is not described as an image is")
        }
        let slot = try await bootedSlot().other
        guard isWriting.withLock({ isWriting in isWriting.exchange(with: true) == false }) else {
            throw EffectError(.busy, "slot \(slot.rawValue) is being written")
        }
        do {
            return try await writer(for: image, in: slot)
        } catch {
            isWriting.withLock { $0 = false }
            throw error
        }
    }

    private func writer(for image: SlotImage, in slot: SlotName) async throws -> PartitionSlotWriter {
        let device = try await open(slot, for: .writing)
        do {
            let capacity = SlotLabels.capacity(of: device)
            guard image.byteCount <= capacity else {
                throw EffectError(
                    .noSpace, "slot \(slot.rawValue) holds \(capacity) bytes, and the image has \(image.byteCount)")
            }
            var labels = try await SlotLabels(reading: device)
            var durableBytes: Int64 = 0
            if case .partial(image, let count) = labels.state, (0...image.byteCount).contains(count) {
                durableBytes = count
            } else {
                labels = try await labels.writingBoth(.partial(image, durableBytes: 0), to: device)
            }
            return PartitionSlotWriter(
                slot: slot, image: image, device: device, labels: labels, durableBytes: durableBytes,
                onClose: { [self] in isWriting.withLock { $0 = false } })
        } catch {
            await device.close()
            throw error
        }
    }

    private func open(_ slot: SlotName, for access: DeviceAccess) async throws -> any BlockDevice {
        guard let path = paths[slot] else { preconditionFailure("both slots have a path") }
        return try await devices.open(path, for: access)
    }
}

extension Bool {
    /// Puts a value in the place of this one, and answers what it was.
    fileprivate mutating func exchange(with value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
