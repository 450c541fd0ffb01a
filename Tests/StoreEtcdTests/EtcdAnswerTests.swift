import CorbelAPI
import Effects
import ResourceStore
import Synchronization
import Testing

@testable import StoreEtcd

@Suite("What etcd answers")
struct EtcdAnswerTests {
    @Test(
        "errors of the gateway become those of a store",
        arguments: [
            (11, "etcdserver: mvcc: required revision has been compacted", .expired),
            (11, "etcdserver: mvcc: required revision is a future revision", .timeout),
            (3, "etcdserver: request is too large", .requestEntityTooLarge),
            (8, "etcdserver: mvcc: database space exceeded", .serviceUnavailable),
            (8, "etcdserver: too many requests", .tooManyRequests),
            (14, "etcdserver: no leader", .serviceUnavailable),
            (16, "etcdserver: invalid auth token", .serviceUnavailable),
            (3, "etcdserver: key is not provided", .internalError),
        ] as [(Int, String, StatusError.Reason)])
    func errors(code: Int, text: String, reason: StatusError.Reason) {
        let error = StatusError(etcd: ["error": .string(text), "code": JSONValue(code)], status: 400)
        #expect(error.reason == reason)
    }

    @Test("lines are cut wherever the chunks are", arguments: [1, 2, 3, 7, 100])
    func lines(chunkSize: Int) throws {
        let text = Array("{\"a\":1}\n\n{\"b\":2}\n{}\nrest".utf8)
        var lines = JSONLines(limit: 100)
        var found: [String] = []
        for start in stride(from: 0, to: text.count, by: chunkSize) {
            try lines.append(Array(text[start..<min(start + chunkSize, text.count)]))
            while let line = lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(found == ["{\"a\":1}", "{\"b\":2}", "{}"])
    }

    @Test("a line without an end is bounded")
    func lineLimit() {
        var lines = JSONLines(limit: 10)
        #expect(throws: StatusError.self) { try lines.append([UInt8](repeating: 0x20, count: 11)) }
    }

    @Test("a change whose former value is compacted ends the watch, and is not told by halves")
    func missingPrevious() throws {
        let pair: JSONValue = ["key": "L2E=", "mod_revision": "5", "version": "2", "value": "eA=="]
        #expect(throws: StatusError.self) { try (["kv": pair] as JSONValue).storeEvent() }
        #expect(throws: StatusError.self) { try (["type": "DELETE", "kv": pair] as JSONValue).storeEvent() }
    }
}

/// Answers from a list, one a call; members whose URL contains `dead` never answer.
private final class ScriptedSender: HTTPSender {
    let urls = Mutex<[String]>([])

    func send(_ call: HTTPCall, limit: Int) async throws -> HTTPReply {
        urls.withLock { $0.append(call.url) }
        if call.url.contains("dead") { throw StatusError(.serviceUnavailable, "no connection") }
        return HTTPReply(status: 200, body: Array(#"{"header":{"revision":"7"}}"#.utf8))
    }

    func open(_ call: HTTPCall) async throws -> HTTPStream { throw StatusError(.serviceUnavailable, "no connection") }
}

@Suite("EtcdClient")
struct EtcdClientTests {
    @Test("a read goes on to the next member, and later calls stay there")
    func failover() async throws {
        let sender = ScriptedSender()
        let client = EtcdClient(sender, endpoints: ["http://dead:1/", "http://live:2"])
        _ = try await client.read("/v3/kv/range", [:])
        _ = try await client.write("/v3/kv/txn", [:])
        let expected = ["http://dead:1/v3/kv/range", "http://live:2/v3/kv/range", "http://live:2/v3/kv/txn"]
        #expect(sender.urls.withLock { $0 } == expected)
    }

    @Test("a write is sent once, and the next call goes to the next member")
    func writesOnce() async throws {
        let sender = ScriptedSender()
        let client = EtcdClient(sender, endpoints: ["http://dead:1", "http://live:2"])
        await #expect(throws: StatusError.self) { _ = try await client.write("/v3/kv/txn", [:]) }
        #expect(sender.urls.withLock { $0 } == ["http://dead:1/v3/kv/txn"])
        _ = try await client.write("/v3/kv/txn", [:])
        #expect(sender.urls.withLock { $0.last } == "http://live:2/v3/kv/txn")
    }

    @Test("a read that no member answers fails")
    func allDead() async throws {
        let client = EtcdClient(ScriptedSender(), endpoints: ["http://dead:1", "http://dead:2"])
        let error = await #expect(throws: StatusError.self) { _ = try await client.read("/v3/kv/range", [:]) }
        #expect(error?.reason == .serviceUnavailable)
    }
}
