public import APIMachinery
public import CorbelAPI
public import Effects
public import ResourceClient

/// A client of a Kubernetes API server over HTTP: the centre's, a site's, or any other.
public struct KubeClient: ResourceClient {
    private let server: String
    let sender: any HTTPSender
    private let registry: ResourceRegistry
    let headers: [HTTPCall.Header]
    /// The longest answer that is read.
    private let answerLimit = 256 << 20

    /// - Parameters:
    ///   - server: the base of all URLs, such as `https://10.0.0.1:6443`.
    ///   - registry: the kinds that the client knows the paths of.
    ///   - bearerToken: the credential, where it is not a client certificate of the sender's.
    public init(
        server: String, sender: any HTTPSender, registry: ResourceRegistry, bearerToken: String? = nil,
        userAgent: String = "corbel"
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.sender = sender
        self.registry = registry
        let authorization = bearerToken.map { [HTTPCall.Header("Authorization", "Bearer \($0)")] } ?? []
        headers =
            [HTTPCall.Header("Accept", "application/json"), HTTPCall.Header("User-Agent", userAgent)] + authorization
    }

    init(copying other: KubeClient, registry: ResourceRegistry) {
        server = other.server
        sender = other.sender
        headers = other.headers
        self.registry = registry
    }

    public func get(_ key: ObjectKey) async throws -> Unstructured {
        Unstructured(json: try await call("GET", try path(of: key)))
    }

    public func list(_ kind: GroupKind, _ options: ListOptions) async throws -> ResourceList {
        let definition = try definition(of: kind)
        let list = try await call("GET", try path(of: kind, options.namespace), query: Self.query(options))
        // Items of a list carry no type of their own in Kubernetes' answers; views rely on it.
        let items = (list["items"]?.arrayValue ?? []).map { item in
            var item = item
            item["apiVersion"] = .string(definition.groupVersion.description)
            item["kind"] = .string(definition.kind)
            return Unstructured(json: item)
        }
        return ResourceList(
            items: items, resourceVersion: list["metadata", "resourceVersion"]?.stringValue ?? "",
            continueToken: list["metadata", "continue"]?.stringValue ?? "")
    }

    public func watch(
        _ kind: GroupKind, _ options: ListOptions
    ) async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        if options.resourceVersion.isEmpty { throw StatusError.watchWithoutRevision }
        let query = Self.query(options) + [("watch", "true"), ("allowWatchBookmarks", "true")]
        let stream = try await sender.open(
            HTTPCall("GET", url(try path(of: kind, options.namespace), query), headers: headers))
        let lines = LineReader(stream.body)
        guard stream.status == 200 else {
            let body = try await lines.rest(limit: 1 << 20)
            throw Self.error(status: stream.status, body: body)
        }
        return AsyncThrowingStream(unfolding: { try await lines.next().map(Self.event) })
    }

    public func create(_ object: Unstructured, _ options: WriteOptions) async throws -> Unstructured {
        let path = try path(of: object.groupKind, object.namespace)
        return Unstructured(json: try await call("POST", path, query: Self.query(options), body: object.json))
    }

    public func update(
        _ object: Unstructured, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        let path = try path(of: object.key, subresource?.rawValue)
        return Unstructured(json: try await call("PUT", path, query: Self.query(options), body: object.json))
    }

    public func patch(
        _ key: ObjectKey, _ type: PatchType, _ body: JSONValue, subresource: Subresource?, _ options: WriteOptions
    ) async throws -> Unstructured {
        let json = try await call(
            "PATCH", try path(of: key, subresource?.rawValue),
            query: Self.query(options) + (options.force ? [("force", "true")] : []), body: body,
            contentType: type.rawValue)
        return Unstructured(json: json)
    }

    public func delete(_ key: ObjectKey, _ options: DeleteOptions) async throws {
        _ = try await call("DELETE", try path(of: key), body: Self.body(options))
    }

    public func evict(_ pod: ObjectKey, _ options: DeleteOptions) async throws {
        let eviction: JSONValue = [
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)],
            "deleteOptions": Self.body(options),
        ]
        _ = try await call("POST", try path(of: pod, "eviction"), body: eviction)
    }
}

// MARK: Requests

extension KubeClient {
    func definition(of kind: GroupKind) throws -> ResourceDefinition {
        guard let definition = registry[kind] else {
            throw StatusError(.notFound, "this client does not know the kind \(kind)")
        }
        return definition
    }

    func path(of kind: GroupKind, _ namespace: String?) throws -> String {
        let definition = try definition(of: kind)
        let base = definition.group.isEmpty ? "/api/\(definition.version)" : "/apis/\(definition.groupVersion)"
        guard definition.isNamespaced, let namespace, !namespace.isEmpty else { return "\(base)/\(definition.plural)" }
        return "\(base)/namespaces/\(namespace)/\(definition.plural)"
    }

    func path(of key: ObjectKey, _ subresource: String? = nil) throws -> String {
        let object = try path(of: key.kind, key.namespace) + "/" + key.name
        return subresource.map { "\(object)/\($0)" } ?? object
    }

    func url(_ path: String, _ query: [(String, String)]) -> String {
        let text = query.map { "\($0.0)=\(Self.percentEncoded($0.1))" }.joined(separator: "&")
        return server + path + (text.isEmpty ? "" : "?\(text)")
    }

    private static func percentEncoded(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { byte in
            if plain.contains(byte) { return String(Unicode.Scalar(byte)) }
            return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    static func query(_ options: ListOptions) -> [(String, String)] {
        let candidates = [
            ("labelSelector", options.labelSelector), ("fieldSelector", options.fieldSelector),
            ("resourceVersion", options.resourceVersion), ("limit", options.limit == 0 ? "" : String(options.limit)),
            ("continue", options.continueToken),
        ]
        return candidates.filter { !$0.1.isEmpty }
    }

    private static func query(_ options: WriteOptions) -> [(String, String)] {
        [("fieldManager", options.fieldManager)] + (options.isDryRun ? [("dryRun", "All")] : [])
            + (options.validation.map { [("fieldValidation", $0.rawValue)] } ?? [])
    }

    /// The headers of a request for answers in another form.
    func headers(accepting type: String) -> [HTTPCall.Header] {
        headers.filter { $0.name != "Accept" } + [HTTPCall.Header("Accept", type)]
    }

    private static func body(_ options: DeleteOptions) -> JSONValue {
        var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if options.isDryRun { body["dryRun"] = ["All"] }
        body["propagationPolicy"] = options.propagationPolicy.map { .string($0.rawValue) }
        body["gracePeriodSeconds"] = options.gracePeriodSeconds.map { JSONValue($0) }
        body["preconditions", "uid"] = options.preconditions.uid.map { .string($0) }
        body["preconditions", "resourceVersion"] = options.preconditions.resourceVersion.map { .string($0) }
        return body
    }

    func call(
        _ method: String, _ path: String, query: [(String, String)] = [], body: JSONValue? = nil,
        contentType: String = "application/json", accept: String? = nil
    ) async throws -> JSONValue {
        var headers = accept.map(headers(accepting:)) ?? headers
        if body != nil { headers.append(HTTPCall.Header("Content-Type", contentType)) }
        let call = HTTPCall(method, url(path, query), headers: headers, body: body?.encoded ?? [])
        let reply = try await sender.send(call, limit: answerLimit)
        guard (200..<300).contains(reply.status) else { throw Self.error(status: reply.status, body: reply.body) }
        do {
            return try JSONValue(parsing: reply.body, limits: JSONLimits(bytes: answerLimit))
        } catch {
            throw StatusError(.internalError, "\(server)\(path) answered with something that is no JSON: \(error)")
        }
    }

    static func error(status: Int, body: [UInt8]) -> StatusError {
        if let json = try? JSONValue(parsing: body), json["kind"]?.stringValue == "Status" {
            return StatusError(json: json)
        }
        return StatusError(json: ["code": JSONValue(status), "message": .string("the server answered \(status)")])
    }

    private static func event(_ line: [UInt8]) throws -> WatchEvent {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line)
        } catch {
            throw StatusError(.serviceUnavailable, "a watch was cut off in the middle of an event")
        }
        let object = Unstructured(json: json["object"] ?? [:])
        switch json["type"]?.stringValue {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK": return .bookmark(resourceVersion: object.resourceVersion)
        default: throw StatusError(json: object.json)
        }
    }
}
