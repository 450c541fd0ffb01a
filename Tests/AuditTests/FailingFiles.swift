import Effects
import Synchronization

/// Files on a disk that may be full.
final class FailingFiles: FileStore {
    private let base: any FileStore
    private let full = Atomic<Bool>(false)

    init(_ base: any FileStore) { self.base = base }

    var isFull: Bool {
        get { full.load(ordering: .relaxed) }
        set { full.store(newValue, ordering: .relaxed) }
    }

    /// Whether lines can be written and nothing else.
    private let appendsOnly = Atomic<Bool>(false)

    var takesLinesOnly: Bool {
        get { appendsOnly.load(ordering: .relaxed) }
        set { appendsOnly.store(newValue, ordering: .relaxed) }
    }

    private func requireRoom() throws {
        if isFull { throw EffectError(.noSpace, "the disk is full") }
    }

    func read(_ path: String, limit: Int) async throws -> [UInt8] { try await base.read(path, limit: limit) }

    func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8] {
        try await base.read(path, at: offset, count: count)
    }

    func entry(at path: String) async throws -> FileEntry? { try await base.entry(at: path) }
    func list(_ directory: String) async throws -> [FileEntry] { try await base.list(directory) }
    func freeBytes(at path: String) async throws -> Int64 { try await base.freeBytes(at: path) }

    func writeDurably(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try requireRoom()
        if takesLinesOnly { throw EffectError(.noSpace, "the disk is full") }
        try await base.writeDurably(path, bytes, mode: mode)
    }

    func writeInPlace(_ path: String, _ bytes: [UInt8]) async throws { try await base.writeInPlace(path, bytes) }

    func append(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try requireRoom()
        try await base.append(path, bytes, mode: mode)
    }

    func rename(_ path: String, to other: String) async throws { try await base.rename(path, to: other) }
    func makeDirectory(_ path: String, mode: UInt16) async throws { try await base.makeDirectory(path, mode: mode) }
    func remove(_ path: String) async throws { try await base.remove(path) }
}
