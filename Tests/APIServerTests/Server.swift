import APIMachinery
import APIServer
import CorbelAPI
import Effects
import ResourceClient
import ResourceStore
import ScriptedEffects
import Testing

/// A server over memory, and requests to it in few words.
struct Server {
    static let admin = UserInfo(name: "admin", groups: [UserInfo.mastersGroup, "system:authenticated"])

    let clock: HandTime
    let store: MemoryStore
    let api: APIServer

    /// A server with the namespace `default`.
    init(
        registry: ResourceRegistry = .centre, authorizer: any Authorizer = MastersAuthorizer(),
        store: MemoryStore = MemoryStore()
    ) async throws {
        self.store = store
        clock = HandTime()
        api = APIServer(
            .init(registry: registry, authorizer: authorizer, version: "1.2.3"), store: store, clock: clock,
            random: CountedRandom())
        _ = try await client.create(Namespace(name: "default"), by: "test")
    }

    /// The same world behind another server.
    init(api: APIServer, of other: Server) {
        clock = other.clock
        store = other.store
        self.api = api
    }

    var client: any ResourceClient { api.client(as: Self.admin) }

    static let configMaps = "/api/v1/namespaces/default/configmaps"
    static let secrets = "/api/v1/namespaces/default/secrets"
    static let hosts = "/apis/corbel.dev/v1alpha1/namespaces/default/edgehosts"

    /// Sends a request; the query stands behind a `?` in the path.
    func send(
        _ method: String, _ target: String, _ body: JSONValue? = nil, type: String = "application/json",
        accept: String = "application/json", as user: UserInfo = admin
    ) async -> Answer {
        await send(method, target, bytes: body?.encoded ?? [], type: type, accept: accept, as: user)
    }

    func send(
        _ method: String, _ target: String, bytes: [UInt8], type: String = "application/json",
        accept: String = "application/json", as user: UserInfo = admin
    ) async -> Answer {
        let request = request(method, target, bytes, type: type, accept: accept, user)
        switch await api.handle(request) {
        case .document(let document): return Answer(document)
        case .stream, .content:
            Issue.record("\(method) \(target) answers with a stream")
            return Answer(.init(status: 0, body: []))
        }
    }

    private func request(
        _ method: String, _ target: String, _ body: [UInt8], type: String, accept: String, _ user: UserInfo
    ) -> APIRequest {
        let parts = target.split(separator: "?", maxSplits: 1)
        let query = (parts.count == 2 ? parts[1].split(separator: "&") : []).map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (name: sides[0], value: sides.count == 2 ? sides[1] : "")
        }
        return APIRequest(
            method: method, path: String(parts[0]), query: query, accept: accept, contentType: type,
            userAgent: "swift-testing/1.0", body: body, user: user)
    }

    /// Follows a watch while `body` runs.
    func watch(
        _ target: String, accept: String = "application/json", as user: UserInfo = admin,
        _ body: (inout Lines) async throws -> Void
    ) async throws {
        let target = target + (target.contains("?") ? "&" : "?") + "watch=true"
        guard
            case .stream(_, let produce) = await api.handle(request("GET", target, [], type: "", accept: accept, user))
        else { throw StatusError(.internalError, "\(target) answers with a document") }
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                do {
                    try await produce(Pipe(continuation: continuation))
                } catch is CancellationError {
                    return
                }
            }
            var lines = Lines(stream)
            try await body(&lines)
            group.cancelAll()
        }
    }

    @discardableResult
    func createConfigMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) async -> Answer
    {
        await send("POST", Self.configMaps, configMap(name, data, labels: labels))
    }
}

func configMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) -> JSONValue {
    [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": JSONValue(labels)],
        "data": JSONValue(data),
    ]
}

private struct Pipe: LineWriter {
    let continuation: AsyncStream<[UInt8]>.Continuation

    func write(_ line: [UInt8]) async throws { continuation.yield(line) }
}

/// The events of a watch, one by one.
struct Lines {
    private var iterator: AsyncStream<[UInt8]>.AsyncIterator

    init(_ stream: AsyncStream<[UInt8]>) { iterator = stream.makeAsyncIterator() }

    /// The next event, or nil at the end of the watch.
    mutating func next() async throws -> JSONValue? { try await iterator.next().map { try JSONValue(parsing: $0) } }

    /// Reads events and compares them, written as `TYPE name`; the end of the watch is `END`.
    mutating func expect(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var seen: [String] = []
        for _ in words { seen.append(try await next().map(\.word) ?? "END") }
        #expect(seen == words, sourceLocation: sourceLocation)
    }
}

extension JSONValue {
    fileprivate var word: String {
        let name = self["object", "metadata", "name"]?.stringValue ?? self["object", "reason"]?.stringValue ?? ""
        return (self["type"]?.stringValue ?? "?") + " " + name
    }

    var names: [String] { (self["items"]?.arrayValue ?? []).compactMap { $0["metadata", "name"]?.stringValue } }

    /// The resourceVersion of an object or a list.
    var revision: String { self["metadata", "resourceVersion"]?.stringValue ?? "" }
}

/// What a server answered.
struct Answer {
    var status: Int
    var contentType: String
    var warnings: [String]
    var body: [UInt8]
    var json: JSONValue

    init(_ document: APIResponse.Document) {
        status = document.status
        contentType = document.contentType
        warnings = document.warnings
        body = document.body
        guard !contentType.contains("protobuf") else {
            json = .null
            return
        }
        do {
            json = try JSONValue(parsing: document.body)
        } catch {
            json = .null
            Issue.record("the answer is no JSON: \(error)")
        }
    }

    var reason: String { json["reason"]?.stringValue ?? "" }
    var message: String { json["message"]?.stringValue ?? "" }
    var object: Unstructured { Unstructured(json: json) }
    var causes: [String] {
        (json["details", "causes"]?.arrayValue ?? []).compactMap {
            $0["field"]?.stringValue ?? $0["reason"]?.stringValue
        }
    }
}
