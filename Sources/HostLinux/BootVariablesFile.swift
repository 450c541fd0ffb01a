public import Effects

/// The boot loader's two blocks in one small file on a partition that it can read, such as the EFI system partition.
///
/// Block 0 begins the file, and block 1 begins at ``stride``: no sector and no page of the medium holds both. They are
/// written in place, because a boot loader does not replay a file system's journal, and so goes on seeing the old
/// content of a file that was replaced.
public struct BootVariablesFile: BootLoader {
    /// Bytes of a block: one sector.
    public static let blockSize = 512
    /// Bytes from the start of block 0 to that of block 1.
    public static let stride = 4096

    private let path: String
    private let files: any FileStore
    private let devices: any DeviceStore

    public init(path: String, files: any FileStore, devices: any DeviceStore) {
        self.path = path
        self.files = files
        self.devices = devices
    }

    public func readBlock(_ index: Int) async throws -> [UInt8] {
        guard try await files.exists(path) else { return [] }
        let bytes = try await with(.reading) { device in
            try await device.read(at: Self.offset(of: index), count: Self.blockSize)
        }
        return bytes.allSatisfy { $0 == 0 } ? [] : bytes
    }

    public func writeBlock(_ index: Int, _ bytes: [UInt8]) async throws {
        guard bytes.count == Self.blockSize else {
            throw EffectError(.invalid, "\(path): a block has \(Self.blockSize) bytes, and not \(bytes.count)")
        }
        try await allocate()
        try await with(.writing) { device in try await device.write(bytes, at: Self.offset(of: index)) }
    }

    /// Makes the file on a host that was installed without it.
    private func allocate() async throws {
        guard try await !files.exists(path) else { return }
        try await files.writeDurably(path, [UInt8](repeating: 0, count: 2 * Self.stride), mode: 0o600)
    }

    private func with<Value: Sendable>(
        _ access: DeviceAccess, _ body: @Sendable (any BlockDevice) async throws -> Value
    ) async throws -> Value {
        let device = try await devices.open(path, for: access)
        let result: Result<Value, any Error>
        do {
            guard device.byteCount == 2 * Int64(Self.stride) else {
                throw EffectError(.corrupt, "\(path) has \(device.byteCount) bytes, and should have \(2 * Self.stride)")
            }
            result = .success(try await body(device))
        } catch {
            result = .failure(error)
        }
        await device.close()
        return try result.get()
    }

    private static func offset(of index: Int) -> Int64 {
        precondition(index == 0 || index == 1, "there are two blocks")
        return Int64(index * stride)
    }
}
