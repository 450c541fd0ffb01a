/// A story that the demo plays with real programs, and what must be so along the way.
public struct Scenario: Sendable {
    public var name: String
    /// One sentence.
    public var summary: String
    let body: @Sendable (ScenarioRun) async throws -> Void

    init(_ name: String, _ summary: String, body: @escaping @Sendable (ScenarioRun) async throws -> Void) {
        self.name = name
        self.summary = summary
        self.body = body
    }

    /// All of them, in the order in which they are played.
    public static let all: [Scenario] = [
        .provision, .pivotInterrupted, .updateKinds, .osUpgrade, .osUpgradeBroken, .singleNodeUpgrade, .addHost,
        .removeHost, .replaceHost, .revert, .centreDown, .crashEverywhere,
    ]

    public static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }
}

/// What ends a scenario early: a later step would make no sense.
struct ScenarioEnd: Error {}
