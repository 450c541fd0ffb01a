import Effects

/// Files with a content that a test gives.
struct FixedFiles: FileReader {
    var contents: [String: String]

    func read(_ path: String, limit: Int) async throws -> [UInt8] {
        guard let text = contents[path] else { throw EffectError(.notFound, "there is no \(path)") }
        return Array(text.utf8)
    }

    func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8] {
        Array(try await read(path, limit: .max).dropFirst(Int(offset)).prefix(count))
    }

    func entry(at path: String) async throws -> FileEntry? {
        contents[path].map { FileEntry(name: path, kind: .file, size: $0.utf8.count, mode: 0o444) }
    }

    func list(_ directory: String) async throws -> [FileEntry] { [] }

    func freeBytes(at path: String) async throws -> Int64 { 0 }
}
