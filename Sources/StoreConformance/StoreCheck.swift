public import ResourceStore

/// One thing that every store must do, as a function over an empty store.
///
/// A test target gives each check a store of its own, made with the check's ``limits``:
///
///     @Test(arguments: StoreCheck.all)
///     func conforms(_ check: StoreCheck) async throws {
///         try await check.run(on: MemoryStore(limits: check.limits))
///     }
///
/// A check takes no time from a clock and waits for nothing but the store's answers, so that what it finds does not
/// depend on how fast the machine is.
public struct StoreCheck: Sendable {
    /// The sentence that the check proves.
    public let name: String
    /// How much the store may keep for its watches during the check.
    public let limits: WatchLimits
    private let body: @Sendable (any ResourceStore) async throws -> Void

    init(
        _ name: String, limits: WatchLimits = WatchLimits(),
        _ body: @escaping @Sendable (any ResourceStore) async throws -> Void
    ) {
        self.name = name
        self.limits = limits
        self.body = body
    }

    /// - Throws: ``ConformanceFailure``, or what the store threw where it should not have.
    public func run(on store: any ResourceStore) async throws { try await body(store) }

    public static let all: [StoreCheck] = writes + lists + watches + resumptions + compactions + loads
}

extension StoreCheck: CustomStringConvertible {
    public var description: String { name }
}

/// What a store did and what it should have done.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public var subject: String
    public var expected: String
    public var seen: String

    public var description: String { "\(subject): expected \(expected), saw \(seen)" }
}

func expect<Value: Equatable>(_ subject: String, _ seen: Value, is expected: Value) throws {
    if seen != expected { throw failure(subject, expected: expected, seen: seen) }
}

func expect(_ subject: String, _ isTrue: Bool, _ expected: String, seen: Any) throws {
    if !isTrue { throw failure(subject, expected: expected, seen: seen) }
}

/// Describes both sides, cut to a length that a person reads.
private func failure(_ subject: String, expected: Any, seen: Any) -> ConformanceFailure {
    ConformanceFailure(
        subject: subject, expected: String("\(expected)".prefix(1000)), seen: String("\(seen)".prefix(1000)))
}
