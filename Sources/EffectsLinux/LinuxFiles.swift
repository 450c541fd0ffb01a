public import Effects
import SystemPackage

/// The files of this machine.
///
/// Every call runs on a thread of its own kind, so that a slow disk holds up nobody but the caller. Reading follows
/// symbolic links; writing, appending and removing never do, so that a planted link cannot lead them elsewhere.
public struct LinuxFiles: FileStore {
    public init() {}

    public func read(_ path: String, limit: Int) async throws -> [UInt8] {
        try await perform("read", path) { try Self.content(of: $0, limit: limit) }
    }

    public func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8] {
        guard offset >= 0, count >= 0 else {
            throw EffectError(.invalid, "cannot read \(count) bytes at \(offset) of \(path)")
        }
        return try await perform("read", path) { try Self.content(of: $0, at: offset, count: count) }
    }

    public func entry(at path: String) async throws -> FileEntry? {
        try await perform("look at", path) { try Self.entry(at: $0) }
    }

    public func list(_ directory: String) async throws -> [FileEntry] {
        try await perform("list", directory) { try Self.entries(of: $0) }
    }

    public func freeBytes(at path: String) async throws -> Int64 {
        try await perform("look at the file system of", path) { try Self.freeBytes(at: $0) }
    }

    public func writeDurably(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await perform("write", path) { try Self.replace($0, with: bytes, mode: mode) }
    }

    public func writeInPlace(_ path: String, _ bytes: [UInt8]) async throws {
        try await perform("write", path) { try Self.overwrite($0, with: bytes) }
    }

    public func append(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await perform("append to", path) { try Self.extend($0, by: bytes, mode: mode, isDurable: true) }
    }

    public func appendLazily(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await perform("append to", path) { try Self.extend($0, by: bytes, mode: mode, isDurable: false) }
    }

    public func synchronize(_ path: String) async throws {
        try await perform("synchronize", path) { try Self.synchronize($0) }
    }

    public func rename(_ path: String, to other: String) async throws {
        let target = FilePath(other)
        try await perform("rename", path) { try Self.move($0, to: target) }
    }

    public func makeDirectory(_ path: String, mode: UInt16) async throws {
        try await perform("make directory", path) { try Self.makeDirectories($0, mode: mode) }
    }

    public func remove(_ path: String) async throws {
        try await perform("remove", path) { try Self.removeTree(at: $0) }
    }

    private func perform<Value: Sendable>(
        _ action: String, _ path: String, _ body: @escaping @Sendable (FilePath) throws -> Value
    ) async throws -> Value {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw EffectError(.invalid, "cannot \(action) \(path): the path is not absolute")
        }
        return try await BlockingWork.run {
            try EffectError.mapping(action, path) { try body(FilePath(path)) }
        }
    }
}
