import Effects

/// Runs a step that must fail, and answers how.
func effectError(_ body: () async throws -> some Any) async -> EffectError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? EffectError
    }
}
