import APIMachinery
import CorbelAPI
import Testing

@Suite("Creation")
struct CreationTests {
    static func create(
        _ object: Unstructured, namespace: String = "default", definition: ResourceDefinition = Widget.definition
    ) throws -> Unstructured {
        try ObjectWriting.prepareCreate(
            object, namespace: namespace, uid: "u9", nameSuffix: "x7k2p", now: moment(0), definition: definition)
    }

    @Test("the server sets its metadata, whatever the request says")
    func metadata() throws {
        let object = try Self.create(
            Widget.object([
                "metadata": [
                    "uid": "mine", "generation": 9, "creationTimestamp": "2000-01-01T00:00:00Z",
                    "deletionTimestamp": "2000-01-01T00:00:00Z",
                    "selfLink": "/x", "labels": ["a": "b"],
                ], "spec": ["color": "red"], "status": ["phase": "Up"],
            ]))
        #expect(
            object.json["metadata"] == [
                "name": "w", "namespace": "default", "uid": "u9", "generation": 1, "labels": ["a": "b"],
                "creationTimestamp": .string(moment(0).rfc3339),
            ])
        #expect(object.spec == ["color": "red"])
        #expect(object.json["status"] == nil)
    }

    @Test("a kind without the subresource keeps its status")
    func status() throws {
        var definition = Widget.definition
        definition.hasStatus = false
        #expect(
            try Self.create(Widget.object(["status": ["phase": "Up"]]), definition: definition).status == [
                "phase": "Up"
            ])
    }

    @Test(
        "a name is made where there is none",
        arguments: [
            ("job-", "job-x7k2p"), (String(repeating: "a", count: 80), String(repeating: "a", count: 58) + "x7k2p"),
        ])
    func generateName(_ prefix: String, _ name: String) throws {
        let object = Widget.object(["metadata": ["name": .null, "generateName": .string(prefix)]])
        #expect(try Self.create(object).name == name)
        #expect(try Self.create(Widget.object(["metadata": ["generateName": .string(prefix)]])).name == "w")
    }

    @Test("the namespace is that of the request")
    func namespace() throws {
        #expect(
            try Self.create(Widget.object(["metadata": ["namespace": .null]]), namespace: "other").namespace == "other")
        #expect(failure { try Self.create(Widget.object(), namespace: "other") }?.reason == .badRequest)
    }

    @Test("a resourceVersion is refused")
    func resourceVersion() {
        #expect(failure { try Self.create(Widget.stored()) }?.reason == .badRequest)
    }
}

@Suite("Updates")
struct UpdateTests {
    static func update(
        _ old: Unstructured, _ patch: JSONValue, _ definition: ResourceDefinition = Widget.definition
    ) throws -> Unstructured {
        try ObjectWriting.prepareUpdate(
            from: old, to: Unstructured(json: MergePatch.apply(patch, to: old.json)), definition: definition)
    }

    typealias Row = Case<(patch: JSONValue, generation: Int)>

    static let rows: [Row] = [
        Row("nothing", ([:], 3)), Row("spec", (["spec": ["color": "blue"]], 4)),
        Row("labels", (["metadata": ["labels": ["a": "b"]]], 3)), Row("status", (["status": ["phase": "Down"]], 3)),
        Row("a field beside spec", (["data": ["a": "b"]], 4)),
        Row("generation itself", (["metadata": ["generation": 50]], 3)),
    ]

    @Test("the generation counts changes outside metadata and status", arguments: rows)
    func generation(_ row: Row) throws {
        let old = Widget.stored(["spec": ["color": "red"], "status": ["phase": "Up"]])
        #expect(try Self.update(old, row.value.patch).generation == row.value.generation)
    }

    @Test("the status stays as it was")
    func status() throws {
        let old = Widget.stored(["status": ["phase": "Up"]])
        #expect(try Self.update(old, ["status": ["phase": "Down"]]) == old)
        #expect(try Self.update(old, ["status": .null]) == old)
        var definition = Widget.definition
        definition.hasStatus = false
        let updated = try Self.update(old, ["status": ["phase": "Down"]], definition)
        #expect(updated.status == ["phase": "Down"])
        #expect(updated.generation == 4)
    }

    @Test("the server's metadata stays as it was")
    func metadata() throws {
        let old = Widget.stored()
        let patch: JSONValue = [
            "metadata": [
                "creationTimestamp": .null, "deletionTimestamp": "2026-01-01T00:00:00Z", "selfLink": "/x", "uid": .null,
                "resourceVersion": .null,
            ]
        ]
        #expect(try Self.update(old, patch) == old)
    }

    @Test("an object that was made from another state is a conflict")
    func conflict() {
        let error = failure { try Self.update(Widget.stored(), ["metadata": ["resourceVersion": "6"]]) }
        #expect(error?.code == 409)
        #expect(
            error?.message
                == "Operation cannot be fulfilled on widgets.example.dev \"w\": the object has been modified; "
                + "please apply your changes to the latest version and try again")
        let uid = failure { try Self.update(Widget.stored(), ["metadata": ["uid": "u2"]]) }
        #expect(uid?.message.hasSuffix("Precondition failed: UID in precondition: u2, UID in object meta: u1") == true)
    }

    @Test(
        "name and namespace stay",
        arguments: [["metadata": ["name": "v"]], ["metadata": ["namespace": "other"]]] as [JSONValue])
    func identity(_ patch: JSONValue) {
        #expect(failure { try Self.update(Widget.stored(), patch) }?.reason == .badRequest)
    }

    @Test("finalizers go, but none come, once the object is being deleted")
    func finalizers() throws {
        let old = Widget.stored([
            "metadata": ["deletionTimestamp": "2026-01-02T00:00:00Z", "finalizers": ["a/a", "b/b"]]
        ])
        #expect(try Self.update(old, ["metadata": ["finalizers": ["b/b"]]]).finalizers == ["b/b"])
        let error = failure { try Self.update(old, ["metadata": ["finalizers": ["a/a", "c/c"]]]) }
        #expect(error?.code == 422)
        #expect(error?.causes.map(\.field) == ["metadata.finalizers"])
    }

    @Test("the last finalizer takes the object along")
    func outcome() throws {
        let old = Widget.stored(["metadata": ["deletionTimestamp": "2026-01-02T00:00:00Z", "finalizers": ["a/a"]]])
        let last = try Self.update(old, ["metadata": ["finalizers": []]])
        #expect(ObjectWriting.outcome(of: old) == .store(old))
        #expect(ObjectWriting.outcome(of: last) == .remove(last))
        #expect(ObjectWriting.outcome(of: Widget.stored()) == .store(Widget.stored()))
    }

    @Test("a namespace is held by its own finalizers too")
    func namespaceFinalizers() {
        let json: JSONValue = [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": "n", "deletionTimestamp": "2026-01-02T00:00:00Z"],
            "spec": ["finalizers": ["kubernetes"]],
        ]
        #expect(ObjectWriting.outcome(of: Unstructured(json: json)) == .store(Unstructured(json: json)))
    }

    @Test("a status update changes the status alone")
    func statusUpdate() throws {
        let old = Widget.stored(["spec": ["color": "red"], "status": ["phase": "Up"]])
        let new = Widget.stored([
            "metadata": ["labels": ["a": "b"]], "spec": ["color": "blue"], "status": ["phase": "Down"],
        ])
        let result = try ObjectWriting.prepareStatusUpdate(from: old, to: new, definition: Widget.definition)
        #expect(result == Widget.stored(["spec": ["color": "red"], "status": ["phase": "Down"]]))
        let stale = Widget.stored(["metadata": ["resourceVersion": "1"]])
        #expect(
            failure { try ObjectWriting.prepareStatusUpdate(from: old, to: stale, definition: Widget.definition) }?
                .reason == .conflict)
    }
}

@Suite("Deletion")
struct DeletionTests {
    static func delete(_ old: Unstructured, _ options: DeleteOptions = DeleteOptions()) throws -> WriteOutcome {
        try ObjectWriting.prepareDelete(old, options: options, now: moment(0), definition: Widget.definition)
    }

    @Test("an object that nobody holds is gone")
    func free() throws {
        #expect(try Self.delete(Widget.stored()) == .remove(Widget.stored()))
    }

    @Test("an object with finalizers is marked")
    func held() throws {
        let old = Widget.stored(["metadata": ["finalizers": ["a/a"]]])
        guard case .store(let marked) = try Self.delete(old) else {
            Issue.record("the object is gone")
            return
        }
        #expect(marked.deletionTimestamp == moment(0))
        #expect(marked.json["metadata", "deletionGracePeriodSeconds"] == 0)
        #expect(marked.generation == 4)
        #expect(try Self.delete(marked) == .store(marked))
    }

    @Test("a policy puts its finalizer on the object")
    func policy() throws {
        var options = DeleteOptions()
        options.propagationPolicy = .foreground
        guard case .store(let marked) = try Self.delete(Widget.stored(), options) else {
            Issue.record("the object is gone")
            return
        }
        #expect(marked.finalizers == ["foregroundDeletion"])
        options.propagationPolicy = .background
        guard case .remove(let last) = try Self.delete(marked, options) else {
            Issue.record("the object is held")
            return
        }
        #expect(last.json["metadata", "finalizers"] == nil)
    }

    @Test(
        "preconditions must hold",
        arguments: [
            (Preconditions(uid: "u1", resourceVersion: "7"), true), (Preconditions(uid: "u2"), false),
            (Preconditions(resourceVersion: "8"), false),
        ])
    func preconditions(_ preconditions: Preconditions, _ holds: Bool) {
        var options = DeleteOptions()
        options.preconditions = preconditions
        #expect(failure { try Self.delete(Widget.stored(), options) }?.reason == (holds ? nil : .conflict))
    }

    @Test("reads its options")
    func options() throws {
        let options = try DeleteOptions(json: [
            "gracePeriodSeconds": 5, "propagationPolicy": "Foreground", "preconditions": ["uid": "u"],
            "dryRun": ["All"],
        ])
        #expect(options.gracePeriodSeconds == 5)
        #expect(options.propagationPolicy == .foreground)
        #expect(options.preconditions == Preconditions(uid: "u"))
        #expect(options.isDryRun)
        #expect(try DeleteOptions(json: ["orphanDependents": true]).propagationPolicy == .orphan)
        #expect(try DeleteOptions(json: [:]) == DeleteOptions())
    }

    @Test(
        "refuses options that mean nothing",
        arguments: [
            ["propagationPolicy": "Now"], ["dryRun": ["Some"]], ["gracePeriodSeconds": -1],
            ["orphanDependents": true, "propagationPolicy": "Orphan"],
        ] as [JSONValue])
    func badOptions(_ json: JSONValue) {
        #expect(failure { try DeleteOptions(json: json) }?.reason == .invalid)
    }
}

@Suite("Scale")
struct ScaleTests {
    static let object = Widget.stored(["spec": ["replicas": 3], "status": ["replicas": 2, "selector": "a=b"]])

    @Test("shows the size")
    func read() {
        #expect(
            ScaleSubresource.scale(of: Self.object, definition: Widget.definition) == [
                "apiVersion": "autoscaling/v1", "kind": "Scale",
                "metadata": [
                    "name": "w", "namespace": "default", "uid": "u1", "resourceVersion": "7",
                    "creationTimestamp": "2026-01-01T00:00:00Z",
                ],
                "spec": ["replicas": 3], "status": ["replicas": 2, "selector": "a=b"],
            ])
    }

    @Test("sets the size")
    func write() throws {
        func set(_ scale: JSONValue) throws -> Unstructured {
            try ScaleSubresource.setting(scale, in: Self.object, definition: Widget.definition)
        }
        #expect(try set(["spec": ["replicas": 5]]).json["spec", "replicas"] == 5)
        #expect(failure { try set(["spec": ["replicas": -1]]) }?.reason == .invalid)
        #expect(failure { try set(["spec": ["replicas": "x"]]) }?.reason == .invalid)
        #expect(
            failure { try set(["metadata": ["resourceVersion": "1"], "spec": ["replicas": 5]]) }?.reason == .conflict)
    }

    @Test("a kind without a size has none")
    func none() {
        var definition = Widget.definition
        definition.scale = nil
        #expect(ScaleSubresource.scale(of: Self.object, definition: definition) == nil)
        #expect(
            failure { try ScaleSubresource.setting([:], in: Self.object, definition: definition) }?.reason == .notFound)
    }
}
