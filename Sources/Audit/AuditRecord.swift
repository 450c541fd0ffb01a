public import APIServer
public import CorbelAPI

/// Who did what, from where, and what came of it. It holds no body: neither what was written nor what was read, and no
/// credentials.
public struct AuditRecord: Sendable {
    /// Texts of clients are cut to so many characters.
    private static let textLimit = 512

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
        json["userAgent"] = .string(String(request.userAgent.prefix(Self.textLimit)))
        json["verb"] = .string(info.verb)
        json["path"] = .string(String(request.path.prefix(4 * Self.textLimit)))
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

    private static func user(_ user: UserInfo) -> JSONValue {
        var json: JSONValue = ["name": .string(String(user.name.prefix(textLimit)))]
        json["groups"] = JSONValue(user.groups.prefix(64).map { String($0.prefix(textLimit)) })
        if !user.uid.isEmpty { json["uid"] = .string(String(user.uid.prefix(textLimit))) }
        let credential = user.extra["authentication.kubernetes.io/credential-id"]?.first
        if let credential { json["credential"] = .string(String(credential.prefix(textLimit))) }
        return json
    }

    private static func object(_ info: RequestInfo, name: String) -> JSONValue {
        var json: JSONValue = [:]
        for (field, value) in [
            ("group", info.group), ("version", info.version), ("resource", info.resource),
            ("subresource", info.subresource), ("namespace", info.namespace),
            ("name", info.name.isEmpty ? name : info.name),
        ] where !value.isEmpty {
            json[field] = .string(String(value.prefix(textLimit)))
        }
        return json
    }
}
