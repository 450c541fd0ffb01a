import CorbelAPI

/// Writes into a CertificateSigningRequest who asks, and keeps apart who may say what about it, as Kubernetes does.
///
///     write        what it changes
///     create       the spec, but for the user, who is the one that asks
///     object       metadata alone: the spec never changes
///     /approval    the conditions Approved and Denied, which never go again
///     /status      the certificate, once, and all other conditions
struct SigningRequestAdmission: AdmissionPlugin {
    private typealias Kind = CertificateSigningRequest

    private static let identity = ["username", "uid", "groups", "extra"]
    private static let approvals: Set<String> = [Kind.approved, Kind.denied]

    let kinds: Set<GroupKind>? = [CertificateSigningRequest.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        var object = Kind(request.object)
        guard let old = request.old.map({ Kind($0) }) else {
            for field in Self.identity { object.json["spec", field] = nil }
            object.userName = request.user.name
            object.groups = request.user.groups
            try check(object, Self.encodingProblems(of: object))
            return Unstructured(object)
        }
        object.spec = old.spec
        object.generation = old.generation
        guard !request.subresource.isEmpty else { return Unstructured(object) }
        object.status = merged(request.object.status, into: old, through: request.subresource)
        stamp(&object, over: old, now: request.now)
        try check(object, Self.changeProblems(from: old, to: object))
        return Unstructured(object)
    }

    private func check(_ object: Kind, _ problems: [FieldError]) throws {
        guard problems.isEmpty else { throw StatusError.invalid(Kind.groupKind, object.name, problems) }
    }

    private static func encodingProblems(of object: Kind) -> [FieldError] {
        guard object.json["spec", "request"]?.stringValue != nil else { return [] }
        let text = String(decoding: object.request, as: UTF8.self)
        if text.contains("-----BEGIN CERTIFICATE REQUEST-----") { return [] }
        return [FieldError(.invalid, "spec.request", "must be a certificate request (PKCS #10) in PEM, in base64")]
    }

    // MARK: The status

    private func merged(_ new: JSONValue, into old: Kind, through subresource: String) -> JSONValue {
        let isApproval = subresource == "approval"
        var status = isApproval ? old.status : new
        let kept = conditions(of: old.status) { Self.approvals.contains($0) != isApproval }
        let said = conditions(of: new) { Self.approvals.contains($0) == isApproval }
        let all = isApproval ? said + kept : kept + said
        status["conditions"] = all.isEmpty ? nil : .array(all)
        return status
    }

    private func conditions(of status: JSONValue, where isWanted: (String) -> Bool) -> [JSONValue] {
        (status["conditions"]?.arrayValue ?? []).filter { isWanted($0["type"]?.stringValue ?? "") }
    }

    /// Clients leave the times to the server.
    private func stamp(_ object: inout Kind, over old: Kind, now: Timestamp) {
        let conditions = (object.json["status", "conditions"]?.arrayValue ?? []).map { condition in
            var condition = condition
            let before = old.condition(condition["type"]?.stringValue ?? "")
            let isSame = before?.status.rawValue == condition["status"]?.stringValue
            let since = isSame ? before?.lastTransitionTime ?? now : now
            for (field, time) in [("lastUpdateTime", now), ("lastTransitionTime", since)]
            where condition[field]?.stringValue == nil {
                condition[field] = .string(time.rfc3339)
            }
            return condition
        }
        if !conditions.isEmpty { object.json["status", "conditions"] = .array(conditions) }
    }

    private static func changeProblems(from old: Kind, to new: Kind) -> [FieldError] {
        var problems: [FieldError] = []
        for type in [Kind.approved, Kind.denied, Kind.failed] where old.isTrue(type) && !new.isTrue(type) {
            problems.append(.forbidden("status.conditions", "the condition \(type) may not be taken back"))
        }
        if new.isTrue(Kind.approved), new.isTrue(Kind.denied) {
            problems.append(.forbidden("status.conditions", "Approved and Denied exclude each other"))
        }
        if let certificate = old.json["status", "certificate"], certificate != new.json["status", "certificate"] {
            problems.append(.forbidden("status.certificate", "a certificate that was issued may not be changed"))
        }
        return problems
    }
}
