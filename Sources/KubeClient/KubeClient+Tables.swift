public import CorbelAPI
import Effects
public import ResourceClient

/// A row, or several, that a watch tells of in the form of a table.
public struct TableEvent: Sendable, Hashable {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    public var type: String
    /// A `Table` of `meta.k8s.io/v1`. The first of a watch describes the columns; later ones may leave them out.
    public var table: JSONValue
}

// Objects as the server prints them (`meta.k8s.io/v1` Table): each kind's columns are the server's affair.
extension KubeClient {
    private static let tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    /// A table of the objects of a kind, or of the one that is named.
    ///
    /// - Throws: `notFound` where the named object does not exist.
    public func table(_ kind: GroupKind, name: String? = nil, _ options: ListOptions) async throws -> JSONValue {
        let path = try name.map { name in
            try self.path(of: ObjectKey(kind, namespace: options.namespace ?? "", name: name))
        }
        return try await call(
            "GET", try path ?? self.path(of: kind, options.namespace), query: name == nil ? Self.query(options) : [],
            accept: Self.tableType)
    }

    /// Follows the changes after `options.resourceVersion` as tables.
    public func watchTable(
        _ kind: GroupKind, _ options: ListOptions
    ) async throws -> AsyncThrowingStream<TableEvent, any Error> {
        let url = url(try path(of: kind, options.namespace), Self.query(options) + [("watch", "true")])
        let stream = try await sender.open(HTTPCall("GET", url, headers: headers(accepting: Self.tableType)))
        let lines = LineReader(stream.body)
        guard stream.status == 200 else {
            throw Self.error(status: stream.status, body: try await lines.rest(limit: 1 << 20))
        }
        return AsyncThrowingStream(unfolding: { try await lines.next().map(Self.tableEvent) })
    }

    private static func tableEvent(_ line: [UInt8]) throws -> TableEvent {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line)
        } catch {
            throw StatusError(.serviceUnavailable, "a watch was cut off in the middle of an event")
        }
        let type = json["type"]?.stringValue ?? ""
        guard type != "ERROR" else { throw StatusError(json: json["object"] ?? [:]) }
        return TableEvent(type: type, table: json["object"] ?? [:])
    }
}
