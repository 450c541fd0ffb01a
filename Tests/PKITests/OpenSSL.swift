import CorbelAPI
import Effects
import EffectsLinux
import PKI
import ScriptedEffects
import Testing

/// The `openssl` program, as somebody else's opinion of what this module makes and accepts.
struct OpenSSL {
    /// A directory of the test's own, which the commands run in.
    let directory: String
    private let files = LinuxFiles()

    static func with<Value>(_ body: (OpenSSL) async throws -> Value) async throws -> Value {
        try await ScratchDirectory.with { try await body(OpenSSL(directory: $0)) }
    }

    func write(_ pem: PEM, to name: String) async throws {
        try await files.writeDurably("\(directory)/\(name)", pem.bytes, mode: 0o600)
    }

    func write(_ text: String, to name: String) async throws { try await write(PEM(text: text), to: name) }

    func read(_ name: String) async throws -> PEM {
        PEM(bytes: try await files.read("\(directory)/\(name)", limit: 1 << 20))
    }

    func bytes(_ name: String) async throws -> [UInt8] {
        try await files.read("\(directory)/\(name)", limit: 1 << 20)
    }

    /// Runs `openssl` with the words of `line` and answers what it said, on both outputs.
    func callAsFunction(_ line: String, expecting status: Int32 = 0) async throws -> String {
        let command = Command("openssl", line.split(separator: " ").map(String.init), workingDirectory: directory)
        let result = try await SubprocessRunner().run(command)
        let said = String(decoding: result.output + result.errorOutput, as: UTF8.self)
        #expect(result.termination == .exited(status), "openssl \(line): \(said)")
        return said
    }
}

/// Numbers instead of chance, each source with its own.
struct CountedBytes: RandomSource {
    var first: UInt8 = 1

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: Int(first) &+ $0) } }
}

/// Runs a step that must fail, and answers how.
func statusError(_ body: () throws -> some Any) -> StatusError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? StatusError
    }
}

extension Timestamp {
    static let issuing = Timestamp(seconds: 1_795_253_400)
    var seconds: Int64 { microseconds / 1_000_000 }
}

extension Duration {
    static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
