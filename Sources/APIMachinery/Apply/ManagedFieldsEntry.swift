public import CorbelAPI

/// The fields that one manager owns by one way of writing (`metav1.ManagedFieldsEntry`).
public struct ManagedFieldsEntry: Sendable, Hashable {
    public enum Operation: String, Sendable, Hashable {
        case apply = "Apply"
        case update = "Update"
    }

    public var manager: String
    public var operation: Operation
    public var apiVersion: String
    /// When the entry last changed.
    public var time: Timestamp?
    /// The subresource that was written through; empty for the object itself.
    public var subresource: String
    public var fields: FieldSet

    public init(
        manager: String, operation: Operation, apiVersion: String, time: Timestamp?, subresource: String = "",
        fields: FieldSet
    ) {
        self.manager = manager
        self.operation = operation
        self.apiVersion = apiVersion
        self.time = time
        self.subresource = subresource
        self.fields = fields
    }

    /// What tells entries apart: the same manager has one for each way of writing.
    struct Identity: Hashable {
        let manager: String
        let operation: Operation
        let subresource: String
    }

    var identity: Identity { Identity(manager: manager, operation: operation, subresource: subresource) }
}

extension ManagedFieldsEntry {
    var json: JSONValue {
        var json: JSONValue = [
            "manager": .string(manager), "operation": .string(operation.rawValue), "apiVersion": .string(apiVersion),
            "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
        ]
        json["time"] = time.map { .string($0.rfc3339) }
        if !subresource.isEmpty { json["subresource"] = .string(subresource) }
        return json
    }

    init?(json: JSONValue) {
        guard let operation = json["operation"]?.stringValue.flatMap(Operation.init),
            let fields = try? FieldSet(fieldsV1: json["fieldsV1"] ?? [:])
        else { return nil }
        self.init(
            manager: json["manager"]?.stringValue ?? "", operation: operation,
            apiVersion: json["apiVersion"]?.stringValue ?? "",
            time: json["time"]?.stringValue.flatMap(Timestamp.init(rfc3339:)),
            subresource: json["subresource"]?.stringValue ?? "", fields: fields)
    }
}

extension ManagedFieldsEntry: Comparable {
    /// The order within an object: appliers first, then from the oldest to the newest.
    public static func < (left: ManagedFieldsEntry, right: ManagedFieldsEntry) -> Bool {
        left.sortKey < right.sortKey
    }

    private var sortKey: (String, Int64, String, String, String) {
        (operation.rawValue, time?.microseconds ?? .min, manager, apiVersion, subresource)
    }
}
