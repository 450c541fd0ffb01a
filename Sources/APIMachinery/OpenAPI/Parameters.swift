import CorbelAPI

/// The parameters of operations. They stand within each operation: kubectl looks for `fieldValidation` there and
/// follows no reference.
enum Parameters {
    static let pretty = query("pretty", "string", "Whether the answer is indented.")

    static let force = query(
        "force", "boolean", "Whether an apply takes fields away from other managers instead of failing with a conflict."
    )

    /// For all operations that write.
    static let write = [
        pretty, dryRun,
        query("fieldManager", "string", "The name under which the fields that the request sets are owned."),
        query(
            "fieldValidation", "string",
            "What happens to unknown and duplicate fields: Ignore drops them, Warn drops them with a warning, "
                + "Strict refuses the request."),
    ]

    static let delete = [
        dryRun,
        query("gracePeriodSeconds", "integer", "How long the object has to end."),
        query("orphanDependents", "boolean", "Replaced by propagationPolicy."),
        query("propagationPolicy", "string", "What becomes of the dependents: Orphan, Background or Foreground."),
    ]

    static let list = [
        pretty,
        query("labelSelector", "string", "Labels that the objects must have."),
        query("fieldSelector", "string", "Fields that the objects must have."),
        query("limit", "integer", "How many objects the answer may hold."),
        query("continue", "string", "The next part of a list that was cut short."),
        query("resourceVersion", "string", "The state of the store that is asked for."),
        query("resourceVersionMatch", "string", "Exact or NotOlderThan."),
        query("timeoutSeconds", "integer", "How long the request may take."),
    ]

    static let watch = [
        query("watch", "boolean", "Whether changes follow, as a stream of events."),
        query("allowWatchBookmarks", "boolean", "Whether the stream may hold events of type BOOKMARK."),
        query("sendInitialEvents", "boolean", "Whether the stream begins with the objects that are there."),
    ]

    private static let dryRun = query("dryRun", "string", "All, for a request that changes nothing.")

    static func path(_ name: String, _ description: String) -> JSONValue {
        var parameter = parameter(name, "string", description, in: "path")
        parameter["required"] = true
        return parameter
    }

    private static func query(_ name: String, _ type: String, _ description: String) -> JSONValue {
        parameter(name, type, description, in: "query")
    }

    private static func parameter(
        _ name: String, _ type: String, _ description: String, in place: String
    ) -> JSONValue {
        [
            "name": .string(name), "in": .string(place), "description": .string(description),
            "schema": ["type": .string(type), "uniqueItems": true],
        ]
    }
}
