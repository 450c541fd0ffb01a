import APIServer
import CorbelAPI
import ResourceClient
import ResourceStore
import ScriptedEffects
import Testing

@Suite("Watches")
struct WatchTests {
    private let maps = Server.configMaps

    @Test("A watch without a revision begins with what is there", arguments: ["", "?resourceVersion=0"])
    func initialState(query: String) async throws {
        let server = try await Server()
        await server.createConfigMap("a")
        try await server.watch(maps + query) { lines in
            try await lines.expect(["ADDED a"])
            await server.createConfigMap("b")
            try await lines.expect(["ADDED b"])
        }
    }

    @Test("A watch after a list tells of every change, and of a deletion with its revision")
    func changes() async throws {
        let server = try await Server()
        let revision = await server.createConfigMap("a").json.revision
        try await server.watch(maps + "?resourceVersion=\(revision)") { lines in
            let changed = await server.send("PUT", maps + "/a", configMap("a", ["k": "1"])).json
            _ = await server.send("DELETE", maps + "/a")
            let modified = try await lines.next()
            #expect(modified == ["type": "MODIFIED", "object": changed])
            let deleted = try await lines.next()
            #expect(deleted?["type"] == "DELETED")
            #expect(deleted?["object", "data"] == ["k": "1"])
            #expect(Int(deleted?["object"]?.revision ?? "") ?? 0 > Int(changed.revision) ?? 0)
        }
    }

    @Test("An object that leaves the selector is deleted, as it last was in it")
    func selectors() async throws {
        let server = try await Server()
        try await server.watch(maps + "?labelSelector=on=yes") { lines in
            await server.createConfigMap("other")
            await server.createConfigMap("a", ["k": "in"], labels: ["on": "yes"])
            var out = configMap("a", ["k": "out"], labels: ["on": "no"])
            let revision = await server.send("PUT", maps + "/a", out).json.revision
            out["metadata", "labels", "on"] = "yes"
            _ = await server.send("PUT", maps + "/a", out)
            try await lines.expect(["ADDED a"])
            let left = try await lines.next()
            #expect(left?["type"] == "DELETED")
            #expect(left?["object", "data"] == ["k": "in"])
            #expect(left?["object"]?.revision == revision)
            try await lines.expect(["ADDED a"])
        }
    }

    @Test("sendInitialEvents sends the state, a bookmark that closes it, and then the changes")
    func initialEvents() async throws {
        let server = try await Server()
        for name in ["a", "b"] { await server.createConfigMap(name) }
        let query = "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        let current = try await server.store.currentRevision()
        try await server.watch(maps + query) { lines in
            try await lines.expect(["ADDED a", "ADDED b"])
            let bookmark = try await lines.next()
            #expect(bookmark?["type"] == "BOOKMARK")
            #expect(bookmark?["object", "metadata", "annotations"] == ["k8s.io/initial-events-end": "true"])
            #expect(bookmark?["object", "metadata", "resourceVersion"] == .string(current.resourceVersion))
            #expect(bookmark?["object", "kind"] == "ConfigMap")
            await server.createConfigMap("c")
            try await lines.expect(["ADDED c"])
        }
    }

    @Test("sendInitialEvents=false begins with now")
    func noInitialEvents() async throws {
        let server = try await Server()
        await server.createConfigMap("a")
        try await server.watch(maps + "?sendInitialEvents=false&resourceVersionMatch=NotOlderThan") { lines in
            await server.createConfigMap("b")
            try await lines.expect(["ADDED b"])
        }
    }

    @Test(
        "Parameters that contradict each other are refused",
        arguments: [
            ("sendInitialEvents=true", 422), ("resourceVersionMatch=NotOlderThan", 422),
            ("sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1", 422),
            ("sendInitialEvents=maybe&resourceVersionMatch=NotOlderThan", 400), ("resourceVersion=999999", 504),
            ("timeoutSeconds=x", 400), ("resourceVersion=now", 400), ("includeObject=Half", 400),
        ])
    func contradictions(query: String, status: Int) async throws {
        let server = try await Server()
        #expect(await server.send("GET", maps + "?watch=true&" + query).status == status)
    }

    @Test("A watch after a revision that is compacted has expired")
    func expired() async throws {
        let server = try await Server()
        let revision = await server.createConfigMap("a").json.revision
        for index in 0..<3 { await server.createConfigMap("b-\(index)") }
        try await server.store.compact(try await server.store.currentRevision())
        let answer = await server.send("GET", maps + "?watch=true&resourceVersion=\(revision)")
        #expect((answer.status, answer.reason) == (410, "Expired"))
    }

    @Test("A watch whose client does not keep up ends with 410 as its last event")
    func tooSlow() async throws {
        let limits = WatchLimits(tailEvents: 4, queuedEvents: 4)
        let server = try await Server(store: MemoryStore(limits: limits))
        let gate = Gate()
        let slow = GatedAuthorizer(gate: gate)
        let other = APIServer(
            .init(registry: .centre, authorizer: slow, version: "1"), store: server.store, clock: server.clock,
            random: CountedRandom())
        let view = server.replacing(api: other)
        let revision = try await server.store.currentRevision()
        try await view.watch(maps + "?resourceVersion=\(revision)") { lines in
            await server.createConfigMap("first")
            await gate.waitUntilEntered()
            for index in 0..<20 { await server.createConfigMap("m-\(index)") }
            gate.open()
            try await lines.expect(["ADDED first", "ERROR Expired", "END"])
        }
    }

    @Test("A watch ends when its time is over, and sends bookmarks every minute meanwhile")
    func timeout() async throws {
        let server = try await Server()
        let revision = try await server.store.currentRevision()
        let query = "?resourceVersion=\(revision)&timeoutSeconds=90&allowWatchBookmarks=true"
        try await server.watch(maps + query) { lines in
            await server.clock.advance(by: .seconds(60), withSleepers: 2)
            let bookmark = try await lines.next()
            #expect(bookmark?["type"] == "BOOKMARK")
            #expect(bookmark?["object", "metadata", "resourceVersion"] == .string(revision.resourceVersion))
            await server.clock.advance(by: .seconds(30), withSleepers: 2)
            let end = try await lines.next()
            #expect(end == nil)
        }
    }

    @Test("A watch of a table sends the columns once; one of metadata sends no content")
    func representations() async throws {
        let server = try await Server()
        for name in ["a", "b"] { await server.createConfigMap(name, ["k": "v"]) }
        try await server.watch(maps, accept: "application/json;as=Table;v=v1;g=meta.k8s.io") { lines in
            let first = try await lines.next()
            #expect(first?["object", "kind"] == "Table")
            #expect(first?["object", "columnDefinitions"]?.arrayValue?.isEmpty == false)
            let second = try await lines.next()
            #expect(second?["object", "columnDefinitions"]?.arrayValue ?? [] == [])
            #expect(second?["object", "rows"]?.arrayValue?.count == 1)
        }
        let end = "?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        try await server.watch(maps + end, accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io") {
            lines in
            for _ in 0..<3 {
                let event = try await lines.next()
                #expect(event?["object", "kind"] == "PartialObjectMetadata")
                #expect(event?["object", "data"] == nil)
            }
        }
    }

    @Test("A watch of one name speaks of that object alone")
    func oneName() async throws {
        let server = try await Server()
        for name in ["a", "b"] { await server.createConfigMap(name) }
        try await server.watch(maps + "/b") { lines in
            try await lines.expect(["ADDED b"])
        }
    }
}

extension Server {
    fileprivate func replacing(api: APIServer) -> Server { Server(api: api, of: self) }
}

/// Shows nothing to anybody until it is opened.
private final class Gate: Sendable {
    private let entered = AsyncStream.makeStream(of: Void.self)
    private let opened = AsyncStream.makeStream(of: Void.self)

    func pass() async {
        entered.continuation.yield()
        for await _ in opened.stream { return }
    }

    func waitUntilEntered() async { for await _ in entered.stream { return } }

    func open() { opened.continuation.finish() }
}

private struct GatedAuthorizer: Authorizer {
    let gate: Gate

    func allows(_ attributes: RequestAttributes) async -> Bool { true }

    func maySee(_ object: Unstructured, user: UserInfo) async -> Bool {
        await gate.pass()
        return true
    }
}
