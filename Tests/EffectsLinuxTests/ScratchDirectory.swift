import Effects
import EffectsLinux

/// A directory of a test's own, gone when the test ends.
enum ScratchDirectory {
    static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let path = "/tmp/corbel-test-\(SystemRandom().uuid())"
        let files = LinuxFiles()
        try await files.makeDirectory(path, mode: 0o700)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(path))
        } catch {
            result = .failure(error)
        }
        try await files.remove(path)
        return try result.get()
    }
}

/// Runs a step that must fail, and answers how.
func effectError(_ body: () async throws -> some Any) async -> EffectError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? EffectError
    }
}
