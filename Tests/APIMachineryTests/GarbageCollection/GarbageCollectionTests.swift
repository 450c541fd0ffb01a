import APIMachinery
import CorbelAPI
import Testing

@Suite("Garbage collection")
struct GarbageCollectionTests {
    static let kind = GroupKind("example.dev", "Widget")

    static func key(_ name: String, _ namespace: String = "ns") -> ObjectKey {
        ObjectKey(kind, namespace: namespace, name: name)
    }

    /// A node whose UID is its name.
    static func node(
        _ name: String, owners: [String] = [], blocking: Bool = false, finalizers: [String] = [], deleting: Bool = false
    ) -> OwnershipNode {
        OwnershipNode(
            key: key(name), uid: name,
            ownerReferences: owners.map {
                OwnerReference(
                    apiVersion: "example.dev/v1", kind: "Widget", name: $0, uid: $0, blockOwnerDeletion: blocking)
            }, finalizers: finalizers, isDeleting: deleting)
    }

    typealias Row = Case<(nodes: [OwnershipNode], actions: [CollectionAction])>

    static let foreground = ["foregroundDeletion"]

    static let rows: [Row] = [
        Row("nothing is due", ([node("a"), node("b", owners: ["a"])], [])),
        Row("the owner is gone", ([node("b", owners: ["a"])], [.delete(key("b"), uid: "b", .background)])),
        Row(
            "one owner of two is gone",
            ([node("a"), node("b", owners: ["a", "x"])], [.removeOwners(key("b"), uid: "b", owners: ["x"])])),
        Row("all owners are gone", ([node("b", owners: ["x", "y"])], [.delete(key("b"), uid: "b", .background)])),
        Row("a dependent that is going already", ([node("b", owners: ["x"], finalizers: ["f/f"], deleting: true)], [])),
        Row(
            "an owner that is going but held counts as there",
            ([node("a", finalizers: ["f/f"], deleting: true), node("b", owners: ["a"])], [])),
        Row(
            "foreground: dependents go first",
            (
                [node("a", finalizers: foreground, deleting: true), node("b", owners: ["a"], blocking: true)],
                [.delete(key("b"), uid: "b", .background)]
            )),
        Row(
            "foreground: dependents with dependents go in the foreground",
            (
                [
                    node("a", finalizers: foreground, deleting: true), node("b", owners: ["a"], blocking: true),
                    node("c", owners: ["b"], blocking: true),
                ], [.delete(key("b"), uid: "b", .foreground)]
            )),
        Row(
            "foreground: a dependent that does not block is no obstacle",
            (
                [node("a", finalizers: foreground, deleting: true), node("b", owners: ["a"])],
                [.removeFinalizer(key("a"), uid: "a", "foregroundDeletion"), .delete(key("b"), uid: "b", .background)]
            )),
        Row(
            "foreground: a dependent with another owner lets go",
            (
                [
                    node("a", finalizers: foreground, deleting: true), node("b", owners: ["a", "c"], blocking: true),
                    node("c"),
                ],
                [.removeOwners(key("b"), uid: "b", owners: ["a"])]
            )),
        Row(
            "foreground: no dependents are left",
            (
                [node("a", finalizers: foreground, deleting: true)],
                [.removeFinalizer(key("a"), uid: "a", "foregroundDeletion")]
            )),
        Row(
            "foreground: waits for a dependent that is held",
            (
                [
                    node("a", finalizers: foreground, deleting: true),
                    node("b", owners: ["a"], blocking: true, finalizers: ["f/f"], deleting: true),
                ], []
            )),
        Row(
            "orphan: dependents let go",
            (
                [node("a", finalizers: ["orphan"], deleting: true), node("b", owners: ["a"])],
                [.removeOwners(key("b"), uid: "b", owners: ["a"])]
            )),
        Row(
            "orphan: all dependents have let go",
            ([node("a", finalizers: ["orphan"], deleting: true)], [.removeFinalizer(key("a"), uid: "a", "orphan")])),
        Row(
            "a dependent's own finalizer decides on its dependents",
            ([node("b", owners: ["x"], finalizers: ["orphan"])], [.delete(key("b"), uid: "b", nil)])),
    ]

    @Test("decides", arguments: rows)
    func decides(_ row: Row) {
        #expect(GarbageCollection.actions(for: row.value.nodes, servedKinds: [Self.kind]) == row.value.actions)
        #expect(
            GarbageCollection.actions(for: row.value.nodes.reversed(), servedKinds: [Self.kind]) == row.value.actions)
    }

    @Test("an owner of a kind that is not served counts as there")
    func unknownKind() {
        #expect(GarbageCollection.actions(for: [Self.node("b", owners: ["a"])], servedKinds: []).isEmpty)
    }

    @Test("a reference across namespaces, or to another name, means nobody")
    func wrongCoordinates() {
        var elsewhere = Self.node("a")
        elsewhere.key = Self.key("a", "other")
        let dependent = Self.node("b", owners: ["a"])
        let gone: [CollectionAction] = [.delete(Self.key("b"), uid: "b", .background)]
        #expect(GarbageCollection.actions(for: [elsewhere, dependent], servedKinds: [Self.kind]) == gone)
        elsewhere.key = Self.key("renamed")
        #expect(GarbageCollection.actions(for: [elsewhere, dependent], servedKinds: [Self.kind]) == gone)
    }

    @Test(
        "the finalizers of each policy",
        arguments: [
            ([], .background, []), ([], .foreground, ["foregroundDeletion"]), ([], .orphan, ["orphan"]),
            (["f/f"], .orphan, ["f/f", "orphan"]), (["orphan", "f/f"], .background, ["f/f"]),
            (["orphan"], .foreground, ["foregroundDeletion"]), (["orphan"], .orphan, ["orphan"]),
        ] as [([String], PropagationPolicy, [String])])
    func finalizers(_ present: [String], _ policy: PropagationPolicy, _ expected: [String]) {
        #expect(PropagationPolicy.finalizers(present, for: policy) == expected)
    }
}
