import Foundation
import Testing

/// Runs `body` with a directory of its own, which is gone afterwards.
func withTemporaryDirectory<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("corbel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
    return try await body(directory.path)
}
