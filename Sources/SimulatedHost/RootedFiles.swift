import Effects

/// The file system of a simulated host: every path lies below the host's directory.
struct RootedFiles: FileStore {
    /// The directory that the host takes for `/`.
    let root: String
    private let base: any FileStore

    init(root: String, over base: any FileStore) {
        self.root = root
        self.base = base
    }

    /// Where a path of the host lies outside it.
    func outside(_ path: String) -> String { root + path }

    func read(_ path: String, limit: Int) async throws -> [UInt8] {
        try await base.read(outside(path), limit: limit)
    }

    func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8] {
        try await base.read(outside(path), at: offset, count: count)
    }

    func entry(at path: String) async throws -> FileEntry? { try await base.entry(at: outside(path)) }

    func list(_ directory: String) async throws -> [FileEntry] { try await base.list(outside(directory)) }

    func freeBytes(at path: String) async throws -> Int64 { try await base.freeBytes(at: outside(path)) }

    func writeDurably(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await base.writeDurably(outside(path), bytes, mode: mode)
    }

    func writeInPlace(_ path: String, _ bytes: [UInt8]) async throws {
        try await base.writeInPlace(outside(path), bytes)
    }

    func append(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        try await base.append(outside(path), bytes, mode: mode)
    }

    func rename(_ path: String, to other: String) async throws {
        try await base.rename(outside(path), to: outside(other))
    }

    /// Makes the directories above it as well: a host has `/etc` and `/var` from the start.
    func makeDirectory(_ path: String, mode: UInt16) async throws {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if try await base.entry(at: outside(made)) == nil {
                try await base.makeDirectory(outside(made), mode: mode)
            }
        }
    }

    func remove(_ path: String) async throws { try await base.remove(outside(path)) }
}
