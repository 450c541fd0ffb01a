import APIMachinery
import CorbelAPI
import Testing

@Suite("Rules of server-side apply")
struct ApplyRuleTests {
    static func apply(
        _ configuration: Unstructured, to live: Unstructured?, by manager: String = "a", subresource: String = "",
        force: Bool = false
    ) throws -> Unstructured {
        try ServerSideApply.apply(
            configuration, to: live, by: FieldWriter(manager: manager, subresource: subresource, now: moment(9)),
            force: force, definition: Widget.definition)
    }

    @Test("the conflict of one field in Kubernetes' words")
    func oneConflict() throws {
        let live = try Self.apply(Widget.object(["spec": ["color": "red"]]), to: nil)
        let error = failure { try Self.apply(Widget.object(["spec": ["color": "blue"]]), to: live, by: "b") }
        #expect(error?.code == 409)
        #expect(error?.message == "Apply failed with 1 conflict: conflict with \"a\": .spec.color")
        #expect(
            error?.causes
                == [.init(reason: "FieldManagerConflict", message: "conflict with \"a\"", field: ".spec.color")])
    }

    @Test("conflicts with an updater name its version and time")
    func manyConflicts() throws {
        let live = ManagedFields.trackUpdate(
            from: nil, to: Widget.object(["spec": ["color": "red", "replicas": 1]]),
            by: FieldWriter(manager: "u", now: moment(0)), definition: Widget.definition)
        let error = failure { try Self.apply(Widget.object(["spec": ["color": "blue", "replicas": 2]]), to: live) }
        #expect(
            error?.message
                == "Apply failed with 2 conflicts: conflicts with \"u\" using example.dev/v1 at \(moment(0)):\n"
                + "- .spec.color\n- .spec.replicas")
    }

    @Test("an object that nobody is known to have written belongs to before-first-apply")
    func beforeFirstApply() throws {
        let live = Widget.stored(["spec": ["color": "red", "replicas": 1]])
        let error = failure { try Self.apply(Widget.object(["spec": ["color": "blue"]]), to: live) }
        #expect(error?.message.contains("\"before-first-apply\"") == true)
        let applied = try Self.apply(Widget.object(["spec": ["color": "red"]]), to: live)
        #expect(ManagedFields.entries(of: applied).map(\.manager) == ["a", "before-first-apply"])
    }

    @Test("status is applied through its subresource only")
    func status() throws {
        let configuration = Widget.object(["spec": ["color": "red"], "status": ["phase": "Up"]])
        let main = try Self.apply(configuration, to: nil)
        #expect(main.json["status"] == nil)
        let both = try Self.apply(configuration, to: main, subresource: "status")
        #expect(both.status == ["phase": "Up"])
        let entries = ManagedFields.entries(of: both)
        #expect(entries.map(\.subresource) == ["", "status"])
        #expect(entries[1].fields.fieldsV1 == ["f:status": ["f:phase": [:]]])
        let without = try Self.apply(Widget.object(["status": [:]]), to: both, subresource: "status")
        #expect(without.json["spec", "color"] == "red")
        #expect(without.json["status", "phase"] == nil)
    }

    @Test("a configuration must not bring managed fields")
    func managedFields() {
        let configuration = Widget.object(["metadata": ["managedFields": [["manager": "x"]]]])
        #expect(failure { try Self.apply(configuration, to: nil) }?.reason == .badRequest)
    }

    @Test("a resourceVersion or uid of the configuration is a precondition")
    func preconditions() throws {
        let live = Widget.stored()
        #expect(try Self.apply(Widget.object(["metadata": ["resourceVersion": "7"]]), to: live).resourceVersion == "7")
        #expect(
            failure { try Self.apply(Widget.object(["metadata": ["resourceVersion": "6"]]), to: live) }?.reason
                == .conflict)
        #expect(
            failure { try Self.apply(Widget.object(["metadata": ["uid": "other"]]), to: live) }?.reason == .conflict)
        #expect(
            failure { try Self.apply(Widget.object(["metadata": ["resourceVersion": "6"]]), to: nil) }?.reason
                == .conflict)
    }

    @Test(
        "elements that cannot be told apart are refused",
        arguments: [
            (["ports": [["name": "x"], ["name": "x"]]], "spec.ports[1]"),
            (["ports": [["port": 1]]], "spec.ports[0].name"),
            (["tags": ["x", "x"]], "spec.tags[1]"),
        ] as [(JSONValue, String)])
    func identity(_ spec: JSONValue, _ field: String) {
        let error = failure { try Self.apply(Widget.object(["spec": spec]), to: nil) }
        #expect(error?.reason == .invalid)
        #expect(error?.causes.map(\.field) == [field])
    }

    @Test("labels, finalizers and owners have owners of their own; what the server sets has none")
    func metadata() throws {
        let configuration = Widget.object([
            "metadata": [
                "labels": ["l": "1"], "finalizers": ["x/f"], "creationTimestamp": "2020-01-01T00:00:00Z",
                "generation": 9,
                "ownerReferences": [["uid": "o", "name": "n", "kind": "K", "apiVersion": "v1"]],
            ]
        ])
        let applied = try Self.apply(configuration, to: Widget.stored(["metadata": ["finalizers": ["x/g"]]]))
        #expect(applied.finalizers == ["x/g", "x/f"])
        #expect(applied.generation == 3)
        let own = try #require(ManagedFields.entries(of: applied).first { $0.manager == "a" })
        #expect(
            own.fields.fieldsV1["f:metadata"] == [
                "f:labels": ["f:l": [:]], "f:finalizers": ["v:\"x/f\"": [:]],
                "f:ownerReferences": ["k:{\"uid\":\"o\"}": [:]],
            ])
        let removed = try Self.apply(Widget.object(), to: applied)
        #expect(removed.finalizers == ["x/g"])
        #expect(removed.labels.isEmpty)
        #expect(removed.name == "w")
        #expect(removed.uid == "u1")
    }
}

@Suite("Managed fields")
struct ManagedFieldsTests {
    static func track(
        _ old: Unstructured?, _ new: Unstructured, _ manager: String = "u", _ second: Int64 = 1,
        subresource: String = ""
    )
        -> Unstructured
    {
        ManagedFields.trackUpdate(
            from: old, to: new, by: FieldWriter(manager: manager, subresource: subresource, now: moment(second)),
            definition: Widget.definition)
    }

    @Test("an entry has Kubernetes' form")
    func form() {
        let object = Self.track(nil, Widget.object(["spec": ["color": "red"]]), subresource: "scale")
        #expect(
            object.json["metadata", "managedFields"] == [
                [
                    "manager": "u", "operation": "Update", "apiVersion": "example.dev/v1", "fieldsType": "FieldsV1",
                    "subresource": "scale", "time": .string(moment(1).rfc3339),
                    "fieldsV1": ["f:spec": [".": [:], "f:color": [:]]],
                ]
            ])
    }

    @Test("a write that changes nothing leaves everything")
    func unchanged() {
        let object = Self.track(nil, Widget.object(["spec": ["color": "red"]]))
        #expect(Self.track(object, object, "other", 5) == object)
        #expect(Self.track(object, object, "u", 5) == object)
    }

    @Test("managed fields that are left out or empty stay", arguments: [nil, []] as [JSONValue?])
    func leftOut(_ brought: JSONValue?) {
        let object = Self.track(nil, Widget.object(["spec": ["color": "red"]]))
        var new = object
        new.json["metadata", "managedFields"] = brought
        #expect(Self.track(object, new, "u", 5) == object)
    }

    @Test("one empty entry, or null, resets them", arguments: [[[:]], .null] as [JSONValue])
    func reset(_ brought: JSONValue) {
        let object = Self.track(nil, Widget.object(["spec": ["color": "red"]]))
        var new = object
        new.json["metadata", "managedFields"] = .some(brought)
        #expect(ManagedFields.entries(of: Self.track(object, new, "u", 5)).isEmpty)
    }

    @Test("a request may bring managed fields, unless they cannot be read")
    func brought() {
        let object = Self.track(nil, Widget.object(["spec": ["color": "red"]]))
        var new = object
        new.json["metadata", "managedFields"] = Self.track(nil, object, "moved").json["metadata", "managedFields"]
        #expect(ManagedFields.entries(of: Self.track(object, new)).map(\.manager) == ["moved"])
        new.json["metadata", "managedFields"] = [["manager": "x", "operation": "Update", "fieldsV1": ["q:x": [:]]]]
        #expect(ManagedFields.entries(of: Self.track(object, new)).map(\.manager) == ["u"])
    }

    @Test("at most ten updaters have entries; older ones share one")
    func ancient() {
        var object = Widget.object()
        for number in 1...14 {
            var next = object
            next.json["spec", "limits", "k\(number)"] = "v"
            object = Self.track(object, next, "u\(number)", Int64(number))
        }
        let entries = ManagedFields.entries(of: object)
        #expect(entries.map(\.manager) == ["ancient-changes"] + (6...14).map { "u\($0)" })
        #expect(entries[0].time == moment(5))
        #expect(entries[0].fields.contains([.field("spec"), .field("limits"), .field("k1")]))
        #expect(entries[0].fields.contains([.field("spec"), .field("limits"), .field("k5")]))
    }

    @Test(
        "the manager of a request",
        arguments: [
            ("kubectl", "x/1", "kubectl"), (nil, "kubectl/v1.32 (linux)", "kubectl"), ("", "curl", "curl"),
            (nil, nil, "unknown"),
        ] as [(String?, String?, String)])
    func manager(_ parameter: String?, _ userAgent: String?, _ expected: String) throws {
        #expect(try ManagedFields.manager(fieldManager: parameter, userAgent: userAgent) == expected)
    }

    @Test("a manager's name is bounded and printable", arguments: [String(repeating: "x", count: 129), "a\nb"])
    func badManager(_ name: String) {
        #expect(failure { try ManagedFields.manager(fieldManager: name, userAgent: nil) }?.reason == .badRequest)
    }
}

@Suite("Field sets")
struct FieldSetTests {
    static func set(_ json: JSONValue) throws -> FieldSet { try FieldSet(fieldsV1: json) }

    @Test(
        "survive their JSON form",
        arguments: [
            [:], ["f:a": [:]], ["f:a": [".": [:], "f:b": [:]]],
            ["f:l": ["k:{\"name\":\"x\",\"port\":1}": [".": [:], "f:v": [:]]]],
            ["f:s": ["v:\"x\"": [:], "v:1": [:]]], ["f:i": ["i:0": [:]]],
        ] as [JSONValue])
    func roundTrip(_ json: JSONValue) throws {
        #expect(try Self.set(json).fieldsV1 == json)
    }

    @Test(
        "refuse what is no field set",
        arguments: [["a": [:]], ["f:a": 1], ["k:x": [:]], ["i:x": [:]], 3] as [JSONValue])
    func refuses(_ json: JSONValue) {
        #expect(failure { try Self.set(json) }?.reason == .badRequest)
    }

    typealias Row = Case<
        (left: JSONValue, right: JSONValue, union: JSONValue, intersection: JSONValue, difference: JSONValue)
    >

    static let rows: [Row] = [
        Row("disjoint", (["f:a": [:]], ["f:b": [:]], ["f:a": [:], "f:b": [:]], [:], ["f:a": [:]])),
        Row("equal", (["f:a": [:]], ["f:a": [:]], ["f:a": [:]], ["f:a": [:]], [:])),
        Row(
            "a member and what is below it",
            (["f:a": [:]], ["f:a": ["f:b": [:]]], ["f:a": [".": [:], "f:b": [:]]], [:], ["f:a": [:]])),
        Row(
            "overlap below",
            (
                ["f:a": ["f:x": [:], "f:y": [:]]], ["f:a": ["f:y": [:], "f:z": [:]]],
                ["f:a": ["f:x": [:], "f:y": [:], "f:z": [:]]],
                ["f:a": ["f:y": [:]]], ["f:a": ["f:x": [:]]]
            )),
    ]

    @Test("union, intersection and difference", arguments: rows)
    func operations(_ row: Row) throws {
        let (left, right) = (try Self.set(row.value.left), try Self.set(row.value.right))
        #expect(left.union(right).fieldsV1 == row.value.union)
        #expect(left.intersection(right).fieldsV1 == row.value.intersection)
        #expect(left.subtracting(right).fieldsV1 == row.value.difference)
    }

    @Test("paths are inserted and found")
    func paths() {
        var set = FieldSet()
        set.insert([.field("a"), .key(["n": "x"])])
        set.insert([.field("a"), .value("v")])
        #expect(set.contains([.field("a"), .key(["n": "x"])]))
        #expect(!set.contains([.field("a")]))
        #expect(set.paths == [[.field("a"), .key(["n": "x"])], [.field("a"), .value("v")]])
    }
}
