import CorbelAPI
import Testing

@Suite("A resource")
struct ResourceTests {
    private static let owner = Unstructured(json: [
        "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster", "metadata": ["name": "a", "uid": "u1"],
    ])

    // MARK: - Metadata

    @Test("begins with its type and its name")
    func new() {
        #expect(
            EdgeCluster(namespace: "edge", name: "a").json == [
                "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster",
                "metadata": ["name": "a", "namespace": "edge"],
            ])
        #expect(Namespace(name: "a").json == ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "a"]])
        #expect(EdgeCluster(namespace: "edge", name: "a").key == EdgeCluster.key(namespace: "edge", name: "a"))
    }

    @Test("keeps every field that it does not name")
    func unknownFields() {
        var object = Unstructured(json: ["metadata": ["name": "a", "new": [1]], "spec": ["x": 1], "other": true])
        object.name = "b"
        object.labels = ["l": "1"]
        object.finalizers = ["f"]
        object.generation = 3
        #expect(
            object.json == [
                "metadata": ["name": "b", "new": [1], "labels": ["l": "1"], "finalizers": ["f"], "generation": 3],
                "spec": ["x": 1], "other": true,
            ])
    }

    @Test("drops what becomes empty")
    func empty() {
        var object = Unstructured(json: [
            "metadata": [
                "namespace": "n", "uid": "u", "resourceVersion": "1", "labels": ["a": "b"], "annotations": ["a": "b"],
                "finalizers": ["f"], "ownerReferences": [["uid": "u"]],
            ]
        ])
        (object.namespace, object.uid, object.resourceVersion) = ("", "", "")
        (object.labels, object.annotations) = ([:], [:])
        (object.finalizers, object.ownerReferences) = ([], [])
        #expect(object.json == ["metadata": [:]])
    }

    @Test("reads as empty where nothing is")
    func missing() {
        let object = Unstructured(json: "text")
        #expect([object.name, object.namespace, object.uid, object.kind, object.apiVersion] == ["", "", "", "", ""])
        #expect(object.spec == [:] && object.status == [:])
        #expect(object.generation == 0 && object.observedGeneration == 0)
        #expect(object.conditions.isEmpty && object.ownerReferences.isEmpty && !object.isDeleting)
        #expect(object.key == ObjectKey(GroupKind("", ""), name: ""))
    }

    @Test("is being deleted once it has a time of deletion")
    func deletion() {
        let object = Unstructured(json: ["metadata": ["deletionTimestamp": "2026-11-21T09:30:00Z"]])
        #expect(object.deletionTimestamp == Timestamp(seconds: 1_795_253_400))
        #expect(object.isDeleting)
    }

    // MARK: - Owners

    @Test("has one reference to the owner that controls it")
    func controller() {
        var object = Unstructured(json: [:])
        object.setController(Self.owner)
        object.setController(Self.owner)
        #expect(
            object.json["metadata", "ownerReferences"] == [
                [
                    "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster", "name": "a", "uid": "u1",
                    "controller": true, "blockOwnerDeletion": true,
                ]
            ])
        #expect(object.controllerReference == OwnerReference(to: Self.owner, isController: true))
        #expect(object.controllerReference?.groupKind == GroupKind("corbel.dev", "EdgeCluster"))
    }

    @Test("keeps the other owners, and of every owner what it does not know")
    func otherOwners() {
        let other: JSONValue = ["apiVersion": "v1", "kind": "Secret", "name": "s", "uid": "u2", "new": 1]
        var object = Unstructured(json: [
            "metadata": ["ownerReferences": [["uid": "u1", "controller": false, "new": 2], other]]
        ])
        #expect(object.controllerReference == nil)
        object.setController(Self.owner)
        #expect(object.ownerReferences.map(\.uid) == ["u2", "u1"])
        #expect(object.json["metadata", "ownerReferences"]?.arrayValue?.first == other)
        #expect(object.json["metadata", "ownerReferences"]?.arrayValue?.last?["new"] == 2)
        #expect(object.controllerReference?.uid == "u1")
    }

    @Test("reads back the references that it was given", arguments: [(false, false), (true, false), (true, true)])
    func references(isController: Bool, blocksDeletion: Bool) {
        let reference = OwnerReference(
            apiVersion: "apps/v1", kind: "DaemonSet", name: "d", uid: "u", isController: isController,
            blockOwnerDeletion: blocksDeletion)
        var object = Unstructured(json: [:])
        object.ownerReferences = [reference]
        #expect(object.ownerReferences == [reference])
        #expect(
            object.json["metadata", "ownerReferences"]?.arrayValue?.first?.objectValue?.count == 4
                + [isController, blocksDeletion].filter { $0 }.count)
    }
}
