import Effects
import EffectsLinux

/// A directory of a test's own, gone when the test ends.
enum ScratchDirectory {
    static func with(_ body: (String) async throws -> Void) async throws {
        let path = "/tmp/corbel-serve-\(SystemRandom().uuid())"
        let files = LinuxFiles()
        try await files.makeDirectory(path, mode: 0o700)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(path))
        } catch {
            result = .failure(error)
        }
        try await files.remove(path)
        try result.get()
    }
}
