import Effects
import EffectsLinux
import Glibc

/// A directory of a test's own on the real disk, gone when the test ends.
public enum ScratchDirectory {
    @discardableResult
    public static func with<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let path = "\(P_tmpdir)/corbel-test-\(SystemRandom().uuid())"
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
