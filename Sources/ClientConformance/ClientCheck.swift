import CorbelAPI
public import ResourceClient

/// One thing that every client must do, against a server that works.
///
/// A test target hands each check a client that may do everything in a server of the centre's kinds:
///
///     @Test(arguments: ClientCheck.all)
///     func conforms(_ check: ClientCheck) async throws {
///         try await check.run(on: client)
///     }
///
/// A check works in a namespace of its own, so that all of them may share a server and run at once. It waits for
/// nothing but answers and events.
public struct ClientCheck: Sendable {
    /// The sentence that the check proves.
    public let name: String
    private let body: @Sendable (ClientSession) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (ClientSession) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// - Throws: ``ConformanceFailure``, or what the client threw where it should not have.
    public func run(on client: any ResourceClient) async throws {
        let digest = String(StableHash.of(Array(name.utf8)), radix: 36)
        let namespace = try await client.create(Namespace(name: "conformance-\(digest)"), by: ClientSession.manager)
        try await body(ClientSession(client: client, namespace: namespace.name))
    }

    public static let all: [ClientCheck] = reads + writes + patches + deletions + watches
}

extension ClientCheck: CustomStringConvertible {
    public var description: String { name }
}

/// What a client did and what it should have done.
public struct ConformanceFailure: Error, CustomStringConvertible {
    public var subject: String
    public var expected: String
    public var seen: String

    public var description: String { "\(subject): expected \(expected), saw \(seen)" }
}

func expect<Value: Equatable>(_ subject: String, _ seen: Value, is expected: Value) throws {
    if seen != expected {
        throw ConformanceFailure(subject: subject, expected: "\(expected)", seen: String("\(seen)".prefix(2000)))
    }
}

func expect(_ subject: String, _ isTrue: Bool, _ expected: String, seen: Any) throws {
    if !isTrue { throw ConformanceFailure(subject: subject, expected: expected, seen: "\(seen)") }
}

/// The error that a call must throw, of this reason.
@discardableResult
func expectError(
    _ subject: String, _ reason: StatusError.Reason, _ call: () async throws -> some Any
) async throws -> StatusError {
    do {
        _ = try await call()
    } catch let error as StatusError {
        try expect(subject, error.reason, is: reason)
        return error
    }
    throw ConformanceFailure(subject: subject, expected: "an error \(reason.rawValue)", seen: "success")
}
