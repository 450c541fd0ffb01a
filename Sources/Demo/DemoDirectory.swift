import CorbelAPI
import Effects
import EffectsLinux

/// The directory of a demo, which may remove what is in it: hence it takes none that is somebody else's.
struct DemoDirectory: Sendable {
    /// Marks a directory as a demo's own.
    private static let marker = ".corbel-demo"

    let path: String
    let files = LinuxFiles()

    /// Makes the directory, or checks that it is a demo's or empty.
    func prepare() async throws {
        try await files.makeDirectory(path, mode: 0o700)
        guard try await !files.exists("\(path)/\(Self.marker)") else { return }
        guard try await files.list(path).isEmpty else {
            throw StatusError(
                .invalid, "\(path) is no directory of a demo, and is not empty; name another one with --data-dir")
        }
        try await files.writeDurably("\(path)/\(Self.marker)", [], mode: 0o600)
    }

    /// Runs `body` while no other demo uses the directory.
    func hold<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try await prepare()
        return try await FileLock(directory: path).hold { try await body() }
    }
}
