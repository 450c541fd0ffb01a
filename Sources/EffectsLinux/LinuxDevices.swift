public import Effects
import Glibc
import Synchronization
import SystemPackage

/// The partitions of this machine, and files that stand for one.
public struct LinuxDevices: DeviceStore {
    public init() {}

    public func open(_ path: String, for access: DeviceAccess) async throws -> any BlockDevice {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw EffectError(.invalid, "cannot open \(path): the path is not absolute")
        }
        return try await BlockingWork.run {
            try EffectError.mapping("open", path) { try LinuxDevice(FilePath(path), access) }
        }
    }
}

/// An open partition or file.
final class LinuxDevice: BlockDevice {
    let byteCount: Int64
    private let path: FilePath
    private let descriptor: Mutex<FileDescriptor?>

    init(_ path: FilePath, _ access: DeviceAccess) throws {
        guard let type = try LinuxFiles.status(at: path, followingLinks: true)?.type else {
            throw Errno.noSuchFileOrDirectory
        }
        guard type == .blockSpecial || type == .regular else {
            throw EffectError(.invalid, "cannot open \(path): it is neither a block device nor a file")
        }
        var flags = O_CLOEXEC | (access == .writing ? O_RDWR : O_RDONLY)
        // For a block device, and without O_CREAT, this means: unless it is mounted or otherwise in use; see open(2).
        if access == .writing, type == .blockSpecial { flags |= O_EXCL }
        let file = FileDescriptor(rawValue: try Errno.check { Glibc.open(path.string, flags) })
        do {
            byteCount = try file.seek(offset: 0, from: .end)
        } catch {
            try file.close()
            throw error
        }
        self.path = path
        descriptor = Mutex(file)
    }

    deinit { descriptor.withLock { Self.release(&$0) } }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        try await perform("read", at: offset, count: count) { file in
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let step = try bytes.withUnsafeMutableBytes { buffer in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                    return try file.read(fromAbsoluteOffset: offset + Int64(done), into: rest)
                }
                if step == 0 { throw Errno.ioError }
                done += step
            }
            return bytes
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) async throws {
        try await perform("write", at: offset, count: bytes.count) { file in
            try file.writeAll(toAbsoluteOffset: offset, bytes)
            // What a reader needs to find the bytes is durable too; the time of the change need not be.
            try Errno.check { fdatasync(file.rawValue) }
        }
    }

    func forgetCache() async throws {
        try await perform("read", at: 0, count: 0) { file in
            let number = posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_DONTNEED)
            if number != 0 { throw Errno(rawValue: number) }
        }
    }

    func close() async { descriptor.withLock { Self.release(&$0) } }

    private static func release(_ descriptor: inout FileDescriptor?) {
        // Everything that was written is durable, so an error of the closing tells nothing.
        if let file = descriptor { _ = Glibc.close(file.rawValue) }
        descriptor = nil
    }

    /// Runs a step on the open descriptor, one at a time, so that it cannot be closed in the midst of it.
    private func perform<Value: Sendable>(
        _ action: String, at offset: Int64, count: Int, _ body: @escaping @Sendable (FileDescriptor) throws -> Value
    ) async throws -> Value {
        guard offset >= 0, Int64(count) <= byteCount, offset <= byteCount - Int64(count) else {
            throw EffectError(
                .invalid, "cannot \(action) \(count) bytes at \(offset) of \(path): it has \(byteCount) bytes")
        }
        return try await BlockingWork.run { [self] in
            try descriptor.withLock { descriptor in
                guard let file = descriptor else {
                    throw EffectError(.invalid, "cannot \(action) \(path): it is closed")
                }
                return try EffectError.mapping(action, path.string) { try body(file) }
            }
        }
    }
}
