public import CorbelAPI

extension ResourceDefinition {
    /// The schema of a whole object: the kind's own fields, and `apiVersion`, `kind` and `metadata`, which every kind
    /// has.
    public var objectSchema: Schema {
        var whole = schema
        whole.properties["apiVersion"] = .string("The version of the schema, such as `\(groupVersion)`.")
        whole.properties["kind"] = .string("The kind of the object, `\(kind)`.")
        whole.properties["metadata"] = .objectMeta
        return whole
    }
}

extension Schema {
    /// The metadata of every object (`metav1.ObjectMeta`).
    public static let objectMeta = Schema.object(
        "What every object has.",
        [
            "name": .string("The name, unique among the objects of the kind in the namespace; it never changes."),
            "generateName": .string("A prefix that the server makes a unique name from, where no name is given."),
            "namespace": .string("The namespace; it never changes."),
            "uid": .string("Tells the object apart from all others, past ones too. Set by the server."),
            "selfLink": .string("No longer used."),
            "resourceVersion": .string("Changes with every write. Set by the server; opaque to clients."),
            "generation": .integer("Counts the changes of the desired state. Set by the server."),
            "creationTimestamp": .optionalTime("When the object was created. Set by the server."),
            "deletionTimestamp": .optionalTime("When the object is to be gone. Set by the server."),
            "deletionGracePeriodSeconds": .integer("How long the object has to end. Set by the server."),
            "labels": .strings("Keys and values that selectors match."),
            "annotations": .strings("Keys and values that tools keep with the object."),
            "ownerReferences": .array(
                "The objects that this one belongs to.", of: .ownerReference, .map(keys: ["uid"])),
            "finalizers": .array(
                "Who must act before the object may go.", of: Schema(.string, "The name of a finalizer."), .set),
            "managedFields": .array("Which manager has set which fields. Kept by the server.", of: .managedFieldsEntry),
        ])

    private static let ownerReference = Schema.object(
        "An object that this one belongs to.", required: ["apiVersion", "kind", "name", "uid"],
        [
            "apiVersion": .string("The version of the owner's schema."),
            "kind": .string("The kind of the owner."),
            "name": .string("The name of the owner."),
            "uid": .string("The UID of the owner."),
            "controller": .boolean("Whether the owner controls the object."),
            "blockOwnerDeletion": .boolean("Whether a foreground deletion of the owner waits for the object."),
        ]
    ).atomic

    private static let managedFieldsEntry = Schema.object(
        "The fields of one manager.",
        [
            "manager": .string("The name of the manager."),
            "operation": .string("How the manager writes: Apply or Update."),
            "apiVersion": .string("The version that the fields are of."),
            "time": .optionalTime("When the entry last changed."),
            "fieldsType": .string("The format of the fields: FieldsV1."),
            "fieldsV1": .anyObject("The fields, as a tree."),
            "subresource": .string("The subresource that was written through; empty for the object itself."),
        ])

    private static func optionalTime(_ description: String) -> Schema {
        var schema = Schema.time(description)
        schema.isNullable = true
        return schema
    }
}
