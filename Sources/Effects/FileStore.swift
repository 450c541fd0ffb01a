/// What stands at a path.
public struct FileEntry: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case file, directory, symbolicLink, other
    }

    /// The last component of the path.
    public var name: String
    public var kind: Kind
    /// Bytes of the content; meaningful for files only.
    public var size: Int
    /// The permission bits, such as `0o600`.
    public var mode: UInt16

    public init(name: String, kind: Kind, size: Int, mode: UInt16) {
        self.name = name
        self.kind = kind
        self.size = size
        self.mode = mode
    }
}

/// Files as a reader sees them. Paths are absolute.
public protocol FileReader: Sendable {
    /// The whole content of a file. Throws `notFound`, and `tooLarge` when it holds more than `limit` bytes.
    func read(_ path: String, limit: Int) async throws -> [UInt8]

    /// The bytes of a file from `offset` on, at most `count`; fewer only where it ends. Throws `notFound`.
    func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8]

    /// What stands at the path, symbolic links not followed; `nil` where nothing does.
    func entry(at path: String) async throws -> FileEntry?

    /// What stands in a directory, sorted by name, symbolic links not followed, `.` and `..` left out.
    func list(_ directory: String) async throws -> [FileEntry]

    /// The bytes that this process may still write to the file system that holds the path, which must exist.
    func freeBytes(at path: String) async throws -> Int64
}

extension FileReader {
    public func exists(_ path: String) async throws -> Bool { try await entry(at: path) != nil }
}

/// Files that survive a power cut. When a call returns, its effect is on the disk; each says what a cut in its midst
/// leaves.
///
/// A call that has begun runs to its end even when the task is cancelled, so that only a crash can interrupt it.
public protocol FileStore: FileReader {
    /// Puts `bytes` in the place of the file, as a whole: a temporary file beside it, its fsync, a rename, the
    /// directory's fsync. The directory must exist.
    ///
    /// A crash leaves the old content or the new one, never a mixture, and perhaps a temporary file whose name begins
    /// with `.` and ends with `.tmp`. With `noSpace` the old content stays. A boot loader that does not replay the
    /// file system's journal may go on seeing the old content: what it reads is written with ``writeInPlace(_:_:)``.
    func writeDurably(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws

    /// Overwrites the first bytes of a file that has been allocated before, and makes them durable without touching
    /// the file system's metadata. Throws `notFound` without the file and `invalid` when it is shorter than `bytes`.
    ///
    /// A crash leaves each sector old or new. Callers keep to one sector of 512 bytes, or carry a checksum and a copy.
    func writeInPlace(_ path: String, _ bytes: [UInt8]) async throws

    /// Adds `bytes` at the end of a file; makes the file where there is none. One task at a time appends to a file.
    /// When it throws, nothing stays added.
    ///
    /// A crash leaves any number of the first bytes: records carry a length or a checksum, and a reader drops a torn
    /// tail.
    func append(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws

    /// Adds `bytes` at the end of a file as ``append(_:_:mode:)`` does, but leaves it to the system, or to
    /// ``synchronize(_:)``, when they reach the disk: they outlive this process, not a power cut.
    func appendLazily(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws

    /// Makes what was appended to a file durable; does nothing where there is none.
    func synchronize(_ path: String) async throws

    /// Gives a file another name in the same directory, in the place of what has that name. Throws `notFound` without
    /// the file, and `invalid` for another directory.
    ///
    /// A crash leaves the old name or the new one.
    func rename(_ path: String, to other: String) async throws

    /// Makes a directory and those above it; does nothing where it exists, whatever its mode is.
    ///
    /// A crash leaves some of the upper ones.
    func makeDirectory(_ path: String, mode: UInt16) async throws

    /// Removes a file, a link (not what it points to) or a directory with all that is in it; does nothing where there
    /// is none.
    ///
    /// A crash leaves a part of a directory, never a part of a file. Calling again finishes it.
    func remove(_ path: String) async throws
}

extension FileStore {
    public func appendLazily(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await append(path, bytes, mode: mode)
    }

    public func synchronize(_ path: String) async throws {}
}
