import CorbelAPI
import Effects

extension CommandContext {
    /// The longest file that is read.
    private static let manifestLimit = 16 << 20

    /// All objects of the files, in the order in which they are written. A directory stands for its YAML and JSON
    /// files by name, `-` for standard input.
    func manifests(_ paths: [String]) async throws -> [Manifest] {
        var manifests: [Manifest] = []
        for path in paths { manifests += try await self.manifests(at: path) }
        guard !manifests.isEmpty else {
            throw CommandFailure(
                "\(paths.joined(separator: ", ")): there are no objects",
                hint: "-f takes a YAML or JSON file, a directory or -")
        }
        return manifests
    }

    private func manifests(at path: String) async throws -> [Manifest] {
        if path == "-" {
            let text = try Self.text(try await console.readInput(limit: Self.manifestLimit), of: "standard input")
            return try Manifest.parse(text, file: "standard input")
        }
        guard let entry = try await files.entry(at: absolute(path)) else {
            throw CommandFailure("\(path): there is no such file or directory", hint: "check the path behind -f")
        }
        if entry.kind != .directory { return try await file(path) }
        var manifests: [Manifest] = []
        for entry in try await files.list(absolute(path)) where Self.isManifest(entry) {
            manifests += try await file("\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\(entry.name)")
        }
        return manifests
    }

    private func file(_ path: String) async throws -> [Manifest] {
        let bytes = try await files.read(absolute(path), limit: Self.manifestLimit)
        return try Manifest.parse(try Self.text(bytes, of: path), file: path)
    }

    private static func isManifest(_ entry: FileEntry) -> Bool {
        entry.kind != .directory && [".yaml", ".yml", ".json"].contains { entry.name.hasSuffix($0) }
    }

    private static func text(_ bytes: [UInt8], of file: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("\(file): is no UTF-8 text", hint: "-f takes YAML or JSON")
        }
        return text
    }
}
