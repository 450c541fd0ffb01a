import CorbelAPI

/// One media type of an `Accept` or `Content-Type` header, with its parameters.
struct MediaType: Sendable, Hashable {
    var name: String
    var parameters: [String: String]

    /// The media types of a header, in its order. Weights are not read: clients of Kubernetes state their order of
    /// preference.
    static func list(_ header: String) -> [MediaType] {
        header.split(separator: ",").prefix(32).compactMap { MediaType(String($0)) }
    }

    init?(_ text: String) {
        let parts = text.split(separator: ";").map { $0.trimmingSpaces }
        guard let name = parts.first, !name.isEmpty else { return nil }
        self.name = name.lowercased()
        parameters = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
            if pair.count == 2 { parameters[pair[0]] = pair[1] }
        }
    }

    var isJSON: Bool { name == "application/json" || name == "*/*" || name == "application/*" }
}

/// The form in which a client wants objects.
enum Representation: Sendable, Hashable {
    case object
    /// `meta.k8s.io/v1` Table: what `kubectl get` prints.
    case table
    /// `meta.k8s.io/v1` PartialObjectMetadata.
    case metadata

    /// The first form in the header that this server has.
    ///
    /// - Throws: `notAcceptable` where there is none; protobuf alone is such a wish.
    static func negotiate(_ accept: String) throws -> Representation {
        if accept.isEmpty { return .object }
        for type in MediaType.list(accept) where type.isJSON {
            let isMeta = type.parameters["g"] == "meta.k8s.io" && type.parameters["v"] == "v1"
            switch type.parameters["as"] {
            case nil: return .object
            case "Table" where isMeta: return .table
            case "PartialObjectMetadata" where isMeta, "PartialObjectMetadataList" where isMeta: return .metadata
            default: continue
            }
        }
        throw StatusError(
            .notAcceptable,
            "only the following media types are accepted: application/json, and as=Table or "
                + "as=PartialObjectMetadata of meta.k8s.io/v1")
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
