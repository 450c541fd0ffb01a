public import Effects

/// Runs a step that must fail, and answers how; nil where it succeeds, or fails with something else.
public func effectError(_ body: () async throws -> some Any) async -> EffectError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? EffectError
    }
}
