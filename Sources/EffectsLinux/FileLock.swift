import Effects
import Glibc
import SystemPackage

/// Keeps a directory to one process at a time, with `flock(2)` on the file `lock` in it.
///
/// The kernel gives the lock back when the process ends, however it ends; the file stays, and means nothing by itself.
public struct FileLock: Sendable {
    private let directory: String
    private var path: String { directory + "/lock" }

    public init(directory: String) { self.directory = directory }

    /// Runs `body` while this process holds the directory.
    ///
    /// Throws `busy` at once when another holds it: the message names the directory and, where it can be read, the
    /// process. Throws `notFound` where the directory does not exist.
    public func hold<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> sending Value
    ) async throws -> sending Value {
        let descriptor = try EffectError.mapping("lock", directory) { try acquire() }
        defer { release(descriptor) }
        return try await body()
    }

    /// Unlocks before it closes: a child that is being started at this moment has a copy of the descriptor until its
    /// program begins, and closing ours alone would leave the lock with it.
    private func release(_ descriptor: FileDescriptor) {
        _ = flock(descriptor.rawValue, LOCK_UN)
        _ = Glibc.close(descriptor.rawValue)
    }

    private func acquire() throws -> FileDescriptor {
        let descriptor = try FileDescriptor.open(
            FilePath(path), .readWrite, options: [.create, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
        do {
            try Errno.check { flock(descriptor.rawValue, LOCK_EX | LOCK_NB) }
            try descriptor.resize(to: 0)
            try descriptor.writeAll(toAbsoluteOffset: 0, Array("\(getpid())\n".utf8))
            return descriptor
        } catch {
            let holder = holder(of: descriptor)
            _ = Glibc.close(descriptor.rawValue)
            guard error as? Errno == .wouldBlock else { throw error }
            throw EffectError(.busy, "\(directory) is in use by \(holder)")
        }
    }

    private func holder(of descriptor: FileDescriptor) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor.rawValue, $0.baseAddress, $0.count, 0) }
        let text = String(decoding: buffer.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return Int32(text).map { "process \($0)" } ?? "another process"
    }
}
