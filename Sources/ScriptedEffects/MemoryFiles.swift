public import Effects
import Synchronization

/// Files in memory, by path. A directory is there as soon as it is made or something lies in it.
public final class MemoryFiles: FileStore {
    private struct State {
        var files: [String: (bytes: [UInt8], mode: UInt16)] = [:]
        var directories: Set<String> = []
    }

    private let state: Mutex<State>

    public init(_ contents: [String: String] = [:]) {
        state = Mutex(State(files: contents.mapValues { (Array($0.utf8), 0o644) }))
    }

    /// Every file with its text.
    public var texts: [String: String] {
        state.withLock { $0.files.mapValues { String(decoding: $0.bytes, as: UTF8.self) } }
    }

    public func read(_ path: String, limit: Int) async throws -> [UInt8] {
        guard let file = state.withLock({ $0.files[path] }) else {
            throw EffectError(.notFound, "there is no \(path)")
        }
        guard file.bytes.count <= limit else { throw EffectError(.tooLarge, "\(path) is longer than \(limit)") }
        return file.bytes
    }

    public func read(_ path: String, at offset: Int64, count: Int) async throws -> [UInt8] {
        Array(try await read(path, limit: .max).dropFirst(Int(offset)).prefix(count))
    }

    public func entry(at path: String) async throws -> FileEntry? {
        state.withLock { state in
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            if let file = state.files[path] {
                return FileEntry(name: name, kind: .file, size: file.bytes.count, mode: file.mode)
            }
            let isDirectory = state.directories.contains(path) || state.files.keys.contains { $0.hasPrefix(path + "/") }
            return isDirectory ? FileEntry(name: name, kind: .directory, size: 0, mode: 0o755) : nil
        }
    }

    public func list(_ directory: String) async throws -> [FileEntry] {
        let names = state.withLock { state in
            let inside = state.files.keys.filter { $0.hasPrefix(directory + "/") }
            return Set(inside.compactMap { $0.dropFirst(directory.count).split(separator: "/").first.map(String.init) })
        }
        var entries: [FileEntry] = []
        for name in names.sorted() {
            if let entry = try await entry(at: "\(directory)/\(name)") { entries.append(entry) }
        }
        return entries
    }

    public func freeBytes(at path: String) async throws -> Int64 { 1 << 40 }

    public func writeDurably(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        state.withLock { $0.files[path] = (bytes, mode) }
    }

    public func writeInPlace(_ path: String, _ bytes: [UInt8]) async throws {
        try await writeDurably(path, bytes, mode: 0o644)
    }

    public func append(_ path: String, _ bytes: [UInt8], mode: UInt16) async throws {
        state.withLock { $0.files[path] = (($0.files[path]?.bytes ?? []) + bytes, mode) }
    }

    public func rename(_ path: String, to other: String) async throws {
        state.withLock { state in
            state.files[other] = state.files.removeValue(forKey: path)
        }
    }

    public func makeDirectory(_ path: String, mode: UInt16) async throws {
        _ = state.withLock { $0.directories.insert(path) }
    }

    public func remove(_ path: String) async throws {
        state.withLock { state in
            state.files = state.files.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
            state.directories = state.directories.filter { $0 != path && !$0.hasPrefix(path + "/") }
        }
    }
}
