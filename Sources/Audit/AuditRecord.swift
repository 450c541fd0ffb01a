public import APIServer
public import CorbelAPI

/// Who did what, from where, and what came of it. It holds no body: neither what was written nor what was read, and no
/// credentials.
public struct AuditRecord: Sendable {
    /// Texts of clients are cut to so many bytes.
    private static let textLimit = 512

    /// Whether it tells of somebody who was refused.
    var isRefusal: Bool { [401, 403].contains(json["code"]?.intValue) }

    public var json: JSONValue

    /// A request and the status code of its answer.
    ///
    /// - Parameters:
    ///   - name: the name of the object that came of it, where the path has none.
    ///   - reason: Kubernetes' reason of a failure, such as `Forbidden`.
    public init(_ request: APIRequest, code: Int, reason: String = "", name: String = "", at time: Timestamp) {
        let info = RequestInfo(request)
        json = ["event": "request", "time": .string(time.rfc3339Micro), "user": Self.user(request.user)]
        if let impersonation = request.impersonation {
            json["impersonated"] = Self.user(
                UserInfo(name: impersonation.user, groups: impersonation.groups, uid: impersonation.uid))
        }
        json["source"] = .string(request.source)
        json["userAgent"] = .string(Self.cut(request.userAgent))
        json["verb"] = .string(Self.cut(info.verb))
        json["path"] = .string(Self.cut(request.path, 4 * Self.textLimit))
        if !info.resource.isEmpty { json["object"] = Self.object(info, name: name) }
        if request.query.contains(where: { $0.name == "dryRun" && !$0.value.isEmpty }) { json["dryRun"] = true }
        json["code"] = JSONValue(code)
        if !reason.isEmpty { json["reason"] = .string(reason) }
    }

    /// Something that happened to the audit itself.
    init(event: String, at time: Timestamp, _ details: JSONValue = [:]) {
        json = ["event": .string(event), "time": .string(time.rfc3339Micro)]
        for (key, value) in details.objectValue ?? [:] { json[key] = value }
    }

    /// A character of any length is cut too: there is no limit to what may be put upon a letter.
    private static func cut(_ text: String, _ limit: Int = textLimit) -> String {
        text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self)
    }

    private static func user(_ user: UserInfo) -> JSONValue {
        var json: JSONValue = ["name": .string(cut(user.name))]
        json["groups"] = JSONValue(user.groups.prefix(64).map { cut($0) })
        if !user.uid.isEmpty { json["uid"] = .string(cut(user.uid)) }
        let credential = user.extra["authentication.kubernetes.io/credential-id"]?.first
        if let credential { json["credential"] = .string(cut(credential)) }
        return json
    }

    private static func object(_ info: RequestInfo, name: String) -> JSONValue {
        var json: JSONValue = [:]
        for (field, value) in [
            ("group", info.group), ("version", info.version), ("resource", info.resource),
            ("subresource", info.subresource), ("namespace", info.namespace),
            ("name", info.name.isEmpty ? name : info.name),
        ] where !value.isEmpty {
            json[field] = .string(cut(value))
        }
        return json
    }
}
