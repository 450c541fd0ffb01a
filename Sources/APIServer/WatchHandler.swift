import APIMachinery
import CorbelAPI
import Effects
import ResourceClient
import ResourceStore

/// A watch: the events of a query as lines, each `{"type": …, "object": …}`.
struct WatchHandler: Sendable {
    let handler: ResourceHandler
    private let query: ListQuery
    fileprivate let representation: Representation
    private let wantsBookmarks: Bool
    /// `nil` where the request leaves it to the server.
    private let sendsInitialEvents: Bool?
    private let limit: Duration

    init(_ handler: ResourceHandler) throws {
        self.handler = handler
        query = try handler.query()
        let request = handler.request
        representation = try Representation.negotiate(request.accept)
        wantsBookmarks = try request.flag("allowWatchBookmarks")
        _ = try handler.printer()
        let saysInitialEvents = request.parameter("sendInitialEvents") != nil
        sendsInitialEvents = saysInitialEvents ? try request.flag("sendInitialEvents") : nil
        let seconds = try request.number("timeoutSeconds")
        let longest = handler.server.configuration.watchLimit
        limit = seconds == 0 ? longest : min(longest, .seconds(seconds))
        try validate()
    }

    /// Checks the rules of a watch's parameters among each other (Kubernetes' `ValidateListOptions`).
    private func validate() throws {
        let hasInitialEvents = sendsInitialEvents != nil
        if hasInitialEvents, query.match != .notOlderThan {
            throw StatusError(
                .invalid, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                causes: [
                    .init(
                        reason: "FieldValueRequired", message: "must be NotOlderThan", field: "resourceVersionMatch")
                ])
        }
        if !hasInitialEvents, query.match != nil {
            throw StatusError(
                .invalid, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
    }

    func respond() async throws -> APIResponse {
        let service = handler.server.service
        // Without a revision, or with 0, a watch begins with what is there, as in Kubernetes.
        let startsWithState = sendsInitialEvents ?? (query.resourceVersion == nil)
        let initial = startsWithState ? try await service.list(stateQuery) : nil
        let revision = try await revision(after: initial)
        let changes = try await service.watch(query, from: revision)
        return .stream(contentType: "application/json") { writer in
            var lines = WatchLines(watch: self)
            for item in initial?.items ?? [] where await isVisible(item) {
                try await write(.added(item), with: &lines, to: writer)
            }
            if sendsInitialEvents == true, wantsBookmarks {
                try await writer.write(lines.endOfInitialEvents(revision.resourceVersion))
            }
            try await follow(changes, with: lines, to: writer)
        }
    }

    private func revision(after initial: ListPage?) async throws -> StoreRevision {
        if let revision = initial?.revision ?? query.resourceVersion { return revision }
        return try await handler.server.service.store.currentRevision()
    }

    private func isVisible(_ object: Unstructured) async -> Bool {
        await handler.visibility.shows(object)
    }

    private var stateQuery: ListQuery {
        var query = query
        query.match = nil
        query.limit = 0
        return query
    }

    /// Writes events until the store ends the watch or its time is over.
    private func follow(_ changes: StoreWatch, with lines: WatchLines, to writer: any LineWriter) async throws {
        let service = handler.server.service
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var lines = lines
                do {
                    for try await change in changes {
                        let event = try await service.event(of: change, query, isVisible: isVisible)
                        if let event { try await write(event, with: &lines, to: writer) }
                    }
                } catch let error as StatusError {
                    try await writer.write(lines.line("ERROR", error.json))
                }
            }
            group.addTask { try await service.clock.sleep(for: limit) }
            if wantsBookmarks { group.addTask { try await requestBookmarks(of: changes) } }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Lets a quiet client know every minute that it has missed nothing.
    private func requestBookmarks(of changes: StoreWatch) async throws {
        while true {
            try await handler.server.service.clock.sleep(for: .seconds(60))
            changes.requestProgress()
        }
    }

    private func write(_ event: WatchEvent, with lines: inout WatchLines, to writer: any LineWriter) async throws {
        switch event {
        case .bookmark(let revision):
            if wantsBookmarks { try await writer.write(lines.bookmark(revision)) }
        case .added(let object), .modified(let object), .deleted(let object):
            try await writer.write(try lines.line(for: event, object))
        }
    }
}

/// Encodes the events of one watch.
private struct WatchLines: Sendable {
    let watch: WatchHandler
    /// A table carries its columns in the first event only.
    private var hasSentColumns = false

    init(watch: WatchHandler) { self.watch = watch }

    private var definition: ResourceDefinition { watch.handler.definition }

    mutating func line(for event: WatchEvent, _ object: Unstructured) throws -> [UInt8] {
        let json: JSONValue
        switch watch.representation {
        case .object: json = object.json
        case .metadata: json = PartialObjectMetadata.object(object)
        case .table:
            json = try watch.handler.printer().table(
                of: [object], listMetadata: ["resourceVersion": .string(object.resourceVersion)],
                includesColumns: !hasSentColumns)
            hasSentColumns = true
        }
        return line(event.typeName, json)
    }

    func bookmark(_ revision: String, annotations: JSONValue? = nil) -> [UInt8] {
        var object: JSONValue = ["metadata": ["resourceVersion": .string(revision)]]
        let (apiVersion, kind) = bookmarkType
        object["apiVersion"] = .string(apiVersion)
        object["kind"] = .string(kind)
        object["metadata", "annotations"] = annotations
        return line("BOOKMARK", object)
    }

    /// A bookmark has the type of the other events, so that a client decodes all alike.
    private var bookmarkType: (apiVersion: String, kind: String) {
        switch watch.representation {
        case .object: (definition.groupVersion.description, definition.kind)
        case .metadata: ("meta.k8s.io/v1", "PartialObjectMetadata")
        case .table: ("meta.k8s.io/v1", "Table")
        }
    }

    /// The bookmark that closes the initial events of `sendInitialEvents`.
    func endOfInitialEvents(_ revision: String) -> [UInt8] {
        bookmark(revision, annotations: ["k8s.io/initial-events-end": "true"])
    }

    func line(_ type: String, _ object: JSONValue) -> [UInt8] {
        JSONValue.object(["type": .string(type), "object": object]).encoded + [0x0A]
    }
}

extension WatchEvent {
    fileprivate var typeName: String {
        switch self {
        case .added: "ADDED"
        case .modified: "MODIFIED"
        case .deleted: "DELETED"
        case .bookmark: "BOOKMARK"
        }
    }
}
