import APIMachinery
import CorbelAPI
import ResourceStore

/// What a list or a watch asks for.
struct ListQuery: Sendable {
    /// How a list relates to the revision that it names (`resourceVersionMatch`).
    enum Match: String, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    var definition: ResourceDefinition
    /// Empty is all namespaces.
    var namespace: String
    var labels: LabelSelector = .everything
    var fields: FieldSelector = .everything
    /// The revision that the request names; revision 0, which is any, counts as none.
    var resourceVersion: StoreRevision?
    /// Whether the request said `resourceVersion=0`.
    var acceptsAnyRevision = false
    var match: Match?
    var limit = 0
    var continuation: Continuation?

    var selectsEverything: Bool { labels == .everything && fields == .everything }

    func selects(_ object: Unstructured) -> Bool { labels.matches(object.labels) && fields.matches(object) }
}

/// Where the next page of a list begins, and at which revision the list was begun.
struct Continuation: Sendable, Hashable {
    var revision: StoreRevision
    /// The last key of the page before.
    var after: String

    var token: String {
        let json: JSONValue = ["v": "corbel/1", "rv": .integer(revision.rawValue), "after": .string(after)]
        return Base64.encode(json.encoded)
    }

    init(revision: StoreRevision, after: String) {
        self.revision = revision
        self.after = after
    }

    init(token: String) throws {
        guard let bytes = Base64.decode(token), let json = try? JSONValue(parsing: bytes), json["v"] == "corbel/1",
            let revision = json["rv"]?.intValue, let after = json["after"]?.stringValue
        else { throw StatusError(.badRequest, "query parameter continue: the token is not one that this server gave") }
        self.init(revision: StoreRevision(Int64(revision)), after: after)
    }
}

extension ListQuery {
    init(_ request: APIRequest, _ definition: ResourceDefinition, namespace: String) throws {
        self.init(definition: definition, namespace: namespace)
        labels = try request.parameter("labelSelector").map(LabelSelector.init(parsing:)) ?? .everything
        fields =
            try request.parameter("fieldSelector").map { try FieldSelector(parsing: $0, for: definition) }
            ?? .everything
        limit = try request.number("limit")
        continuation = try request.parameter("continue").map(Continuation.init(token:))
        let revision = request.parameter("resourceVersion")
        acceptsAnyRevision = revision == "0"
        resourceVersion = try acceptsAnyRevision ? nil : revision.map(Self.revision)
        match = try request.parameter("resourceVersionMatch").map { text in
            guard let match = Match(rawValue: text) else {
                throw StatusError(
                    .invalid,
                    "query parameter resourceVersionMatch: \"\(text)\" is not supported, allowed are Exact and "
                        + "NotOlderThan"
                )
            }
            return match
        }
    }

    static func revision(_ text: String) throws -> StoreRevision {
        guard let revision = StoreRevision(resourceVersion: text) else {
            throw StatusError(.badRequest, "query parameter resourceVersion: \"\(text)\" is no revision of this server")
        }
        return revision
    }

    /// Checks the rules of a list's parameters among each other (Kubernetes' `ValidateListOptions`).
    func validateForList() throws {
        if continuation != nil, resourceVersion != nil {
            throw StatusError(.badRequest, "specifying resource version is not allowed when using continue")
        }
        guard let match else { return }
        guard continuation == nil else {
            throw StatusError(.badRequest, "resourceVersionMatch is forbidden when continue is provided")
        }
        guard resourceVersion != nil || acceptsAnyRevision else {
            throw StatusError(.badRequest, "resourceVersionMatch is forbidden unless resourceVersion is provided")
        }
        if match == .exact, acceptsAnyRevision {
            throw StatusError(.badRequest, "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
        }
    }
}
