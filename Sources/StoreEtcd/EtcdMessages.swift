import CorbelAPI
import ResourceStore

/// A stretch of etcd's keys: from `start`, and up to `end` where there is one.
struct EtcdRange: Sendable, Hashable {
    var start: [UInt8]
    /// The first key behind the range; absent for the single key `start`.
    var end: [UInt8]?

    init(_ key: StoreKey) { start = Array(key.utf8) }

    init(from start: [UInt8], to end: [UInt8]) {
        self.start = start
        self.end = end
    }

    /// The keys with a prefix that come after `key`.
    init(prefix: StoreKey, after key: StoreKey? = nil) {
        let first = Array(prefix.utf8)
        // A key and a zero byte is the very next string of bytes.
        let next = key.map { Array($0.utf8) + [0] } ?? first
        start = first.lexicographicallyPrecedes(next) ? next : first
        // A single zero byte is etcd's word for "to the last key".
        end = prefix.prefixEnd ?? [0]
    }

    /// The fields of every request that names keys.
    var json: JSONValue {
        var json: JSONValue = ["key": .string(Base64.encode(start))]
        if let end { json["range_end"] = .string(Base64.encode(end)) }
        return json
    }
}

/// A transaction of one write that is carried out if the key has a certain revision, and reads the key otherwise.
func transaction(_ key: StoreKey, ifRevision revision: Int64, then operation: JSONValue) -> JSONValue {
    let range = EtcdRange(key).json
    var condition = range
    condition["target"] = "MOD"
    condition["result"] = "EQUAL"
    condition["mod_revision"] = .string(String(revision))
    return [
        "compare": .array([condition]), "success": .array([operation]), "failure": .array([["request_range": range]]),
    ]
}

extension JSONValue {
    /// A 64-bit number, which protobuf's JSON writes as a string and leaves out where it is zero.
    func int64(_ field: String) -> Int64 { self[field]?.stringValue.flatMap { Int64($0) } ?? 0 }

    /// The revision that etcd stood at when it answered.
    func headerRevision() throws -> StoreRevision {
        let revision = self["header"]?.int64("revision") ?? 0
        if revision < 1 { throw StatusError(.serviceUnavailable, "etcd's answer names no revision") }
        return StoreRevision(revision)
    }

    /// The entries of a range.
    func entries() throws -> [StoreEntry] { try (self["kvs"]?.arrayValue ?? []).map { try $0.entry() } }

    /// A key with its value (`mvccpb.KeyValue`).
    func entry() throws -> StoreEntry {
        StoreEntry(try storeKey(), try base64("value"), StoreRevision(int64("mod_revision")))
    }

    func storeKey() throws -> StoreKey {
        guard let key = StoreKey(utf8: try base64("key")) else {
            throw StatusError(.internalError, "etcd holds a key under the store's root that is not UTF-8")
        }
        return key
    }

    private func base64(_ field: String) throws -> [UInt8] {
        guard let text = self[field]?.stringValue else { return [] }
        guard let bytes = Base64.decode(text) else {
            throw StatusError(.serviceUnavailable, "etcd's answer is no base64 in \(field)")
        }
        return bytes
    }
}

extension JSONValue {
    /// A change (`mvccpb.Event`), asked for with the value before.
    ///
    /// - Throws: `expired` where the value before is compacted already, so that the event cannot be told whole.
    func storeEvent() throws -> StoreEvent {
        guard let pair = self["kv"] else { throw StatusError(.serviceUnavailable, "etcd's event names no key") }
        let previous = try self["prev_kv"]?.entry()
        let entry = try pair.entry()
        if self["type"]?.stringValue == "DELETE" {
            guard let previous else { throw StatusError.revisionTooOld() }
            return .delete(revision: entry.revision, last: previous)
        }
        if previous == nil && pair.int64("version") > 1 { throw StatusError.revisionTooOld() }
        return .put(entry, previous: previous)
    }
}
