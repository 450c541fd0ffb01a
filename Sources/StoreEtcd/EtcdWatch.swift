import CorbelAPI
import Effects
import ResourceStore

/// One stream of changes from etcd, as batches in the order of their revisions.
struct EtcdWatch {
    /// A line holds one message, which etcd splits where it is much longer than its largest request.
    private static let lineLimit = 32 << 20

    private var body: AsyncThrowingStream<[UInt8], any Error>.Iterator
    private var lines = JSONLines(limit: lineLimit)

    /// Asks for every change in a range after a revision.
    static func open(_ client: EtcdClient, _ range: EtcdRange, after revision: StoreRevision) async throws -> EtcdWatch
    {
        var request = range.json
        request["start_revision"] = .string(revision.next.resourceVersion)
        request["prev_kv"] = true
        request["fragment"] = true
        return EtcdWatch(
            body: try await client.stream("/v3/watch", ["create_request": request]).body.makeAsyncIterator())
    }

    private init(body: AsyncThrowingStream<[UInt8], any Error>.Iterator) { self.body = body }

    /// The next changes; empty where etcd said something else. `nil` where the stream ended.
    ///
    /// - Throws: `expired` where the changes are compacted.
    mutating func next() async throws -> [StoreEvent]? {
        while true {
            if let line = lines.next() { return try Self.events(EtcdClient.parse(line)) }
            guard let chunk = try await body.next() else { return nil }
            try lines.append(chunk)
        }
    }

    private static func events(_ message: JSONValue) throws -> [StoreEvent] {
        if let error = message["error"] { throw StatusError(etcd: error, status: 200) }
        guard let result = message["result"] else { return [] }
        if result.int64("compact_revision") > 0 { throw StatusError.revisionTooOld() }
        if result["canceled"]?.boolValue ?? false {
            let reason = result["cancel_reason"]?.stringValue ?? "without a reason"
            throw StatusError(.serviceUnavailable, "etcd ended the watch: \(reason)")
        }
        return try (result["events"]?.arrayValue ?? []).map { try $0.storeEvent() }
    }
}

/// Cuts a stream of bytes into lines.
struct JSONLines {
    private var buffer: [UInt8] = []
    private var start = 0
    /// Up to here there is no line break.
    private var searched = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Throws: `serviceUnavailable` for a line that is longer than the limit.
    mutating func append(_ chunk: [UInt8]) throws {
        if start > 0 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        guard buffer.count + chunk.count <= limit else {
            throw StatusError(.serviceUnavailable, "etcd sent a line of more than \(limit) bytes")
        }
        buffer += chunk
    }

    /// The next whole line that is not empty.
    mutating func next() -> [UInt8]? {
        while let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(buffer[start..<end])
            start = end + 1
            searched = start
            if !line.isEmpty { return line }
        }
        searched = buffer.count
        return nil
    }
}
