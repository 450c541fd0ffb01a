import CorbelAPI

/// The schemas that every document shares, under the names that clients know from Kubernetes.
enum SharedModels {
    private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
    static let objectMeta = meta + "ObjectMeta"
    static let listMeta = meta + "ListMeta"
    static let status = meta + "Status"
    static let deleteOptions = meta + "DeleteOptions"
    static let patch = meta + "Patch"
    static let scale = "io.k8s.api.autoscaling.v1.Scale"

    static let schemas: JSONObject = [
        objectMeta: Schema.objectMeta.openAPI(.builtIn),
        listMeta: listMetaSchema.openAPI(.builtIn),
        status: statusSchema.openAPI(.builtIn),
        deleteOptions: deleteOptionsSchema.openAPI(.builtIn),
        patch: ["description": "A patch in the form that the Content-Type names.", "type": "object"],
        scale: scaleModel,
    ]

    private static let listMetaSchema = Schema.object(
        "What every list has.",
        [
            "resourceVersion": .string("The state of the store that the list shows; a watch may start from it."),
            "continue": .string("Asks for the next part of a list that is cut short."),
            "remainingItemCount": .integer("How many objects follow this part."),
            "selfLink": .string("No longer used."),
        ])

    private static let statusSchema = Schema.object(
        "The answer to a request that returns no object.",
        [
            "apiVersion": .string("v1."),
            "kind": .string("Status."),
            "status": .string("Success or Failure."),
            "message": .string("What happened, for people."),
            "reason": .string("What happened, in one word for programs."),
            "code": .integer("The HTTP status code."),
            "details": .anyObject("The object, and one cause for each field that is wrong."),
            "metadata": .anyObject("The metadata of a list."),
        ])

    private static let deleteOptionsSchema = Schema.object(
        "What a delete request asks for.",
        [
            "apiVersion": .string("v1."),
            "kind": .string("DeleteOptions."),
            "dryRun": .array("All, for a request that changes nothing.", of: Schema(.string)),
            "gracePeriodSeconds": .integer("How long the object has to end."),
            "orphanDependents": .boolean("Replaced by propagationPolicy."),
            "propagationPolicy": .string("What becomes of the dependents: Orphan, Background or Foreground."),
            "preconditions": .object(
                "What the object must be.",
                [
                    "uid": .string("The UID that the object must have."),
                    "resourceVersion": .string("The resourceVersion that the object must have."),
                ]),
        ])

    private static let scaleModel: JSONValue = {
        var json = Schema.object(
            "The size of an object.",
            [
                "apiVersion": .string("autoscaling/v1."),
                "kind": .string("Scale."),
                "spec": .object("The size that is wanted.", ["replicas": .integer("How many replicas are wanted.")]),
                "status": .object(
                    "The size that is.",
                    [
                        "replicas": .integer("How many replicas there are."),
                        "selector": .string("The labels that replicas have, as in a query string."),
                    ]),
            ]
        ).openAPI(.builtIn)
        json["properties", "metadata"] = ["default": [:], "allOf": [OpenAPI.reference(objectMeta)]]
        json["x-kubernetes-group-version-kind"] = [["group": "autoscaling", "version": "v1", "kind": "Scale"]]
        return json
    }()
}
