/// A question that must be answered with yes before a rollout touches the next host, such as whether storage has
/// resynced.
///
/// It looks at one object of the site: at a condition of it, at a field, or, with neither, at its existence alone.
public struct ReadinessProbe: Sendable, Hashable {
    public struct ConditionExpectation: Sendable, Hashable {
        public var type: String
        public var status: String
    }

    public var name: String
    public var apiVersion: String
    public var kind: String
    /// Empty for cluster-scoped objects.
    public var namespace: String
    public var objectName: String
    public var condition: ConditionExpectation?
    /// Field names and indices of lists with dots between, such as `status.replicas` or `status.pools.0.state`.
    public var path: String?
    /// The value that stands at `path`; any but null, where none is given.
    public var equals: JSONValue?
    public var json: JSONValue

    public init(json: JSONValue) {
        self.json = json
        name = json["name"]?.stringValue ?? ""
        apiVersion = json["object", "apiVersion"]?.stringValue ?? ""
        kind = json["object", "kind"]?.stringValue ?? ""
        namespace = json["object", "namespace"]?.stringValue ?? ""
        objectName = json["object", "name"]?.stringValue ?? ""
        path = json["path"]?.stringValue
        equals = json["equals"]
        condition = json["condition"].map {
            ConditionExpectation(type: $0["type"]?.stringValue ?? "", status: $0["status"]?.stringValue ?? "True")
        }
    }

    /// The object that the probe looks at.
    public var key: ObjectKey {
        ObjectKey(
            GroupKind(GroupVersion(apiVersion: apiVersion)?.group ?? "", kind), namespace: namespace, name: objectName)
    }

    /// Whether the object, as it is now, agrees; an object that does not exist never does.
    public func agrees(_ object: Unstructured?) -> Bool {
        guard let object else { return false }
        if let condition, object.condition(condition.type)?.status.rawValue != condition.status { return false }
        guard let path else { return true }
        let found = Self.value(at: path, in: object.json)
        return equals.map { found == $0 } ?? (found.map { !$0.isNull } ?? false)
    }

    private static func value(at path: String, in root: JSONValue) -> JSONValue? {
        var current = root
        for component in path.split(separator: ".") {
            if let elements = current.arrayValue {
                guard let index = Int(component), elements.indices.contains(index) else { return nil }
                current = elements[index]
            } else {
                guard let next = current[String(component)] else { return nil }
                current = next
            }
        }
        return current
    }
}

extension Schema {
    static let readinessProbes = Schema.array(
        "What must hold before an update touches the next host.",
        of: .object(
            "One question.", required: ["name", "object"],
            [
                "name": .name("The probe's name."),
                "object": .object(
                    "The object to look at.", required: ["apiVersion", "kind", "name"],
                    [
                        "apiVersion": .string("Its API version.").length(1...253),
                        "kind": .string("Its kind.").length(1...63),
                        "namespace": .string("Its namespace; none for cluster-scoped kinds."),
                        "name": .string("Its name.").length(1...253),
                    ]),
                "condition": .object(
                    "A condition that the object must have.", required: ["type"],
                    [
                        "type": .string("The condition's type.").length(1...316),
                        "status": .string("The condition's status.", oneOf: ["True", "False", "Unknown"])
                            .defaulting(to: "True"),
                    ]),
                "path": .string("A field that the object must have, such as `status.phase`.").length(1...512),
                "equals": .any("The value of that field."),
            ]), .map(keys: ["name"])
    ).items(0...32)
}
