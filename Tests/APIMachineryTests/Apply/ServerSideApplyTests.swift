import APIMachinery
import CorbelAPI
import Testing

/// A history of writes, one a second, and what it leaves behind.
struct ApplyHistory: Sendable {
    enum Step: Sendable {
        case apply(String, JSONValue, force: Bool = false)
        case update(String, JSONValue)
        /// A merge patch of the live object.
        case patch(String, JSONValue)
    }

    private(set) var object: Unstructured?
    private(set) var conflict: StatusError?
    private(set) var seconds: Int64 = 0

    init(_ steps: [Step]) throws {
        for step in steps { try run(step) }
    }

    mutating func run(_ step: Step) throws {
        seconds += 1
        let now = moment(seconds)
        switch step {
        case .apply(let manager, let parts, let force):
            do {
                object = try ServerSideApply.apply(
                    Widget.object(parts), to: object, by: FieldWriter(manager: manager, now: now), force: force,
                    definition: Widget.definition)
            } catch let error as StatusError where error.reason == .conflict {
                conflict = error
            }
        case .update(let manager, let parts):
            track(Widget.object(parts), manager, now)
        case .patch(let manager, let patch):
            track(Unstructured(json: MergePatch.apply(patch, to: object?.json ?? [:])), manager, now)
        }
    }

    private mutating func track(_ new: Unstructured, _ manager: String, _ now: Timestamp) {
        object = ManagedFields.trackUpdate(
            from: object, to: new, by: FieldWriter(manager: manager, now: now), definition: Widget.definition)
    }

    /// The object without its identity and its managed fields.
    var parts: JSONValue {
        var json = object?.json ?? [:]
        for name in ["name", "namespace", "managedFields"] { json["metadata", name] = nil }
        for name in ["apiVersion", "kind"] { json[name] = nil }
        if json["metadata"] == [:] { json["metadata"] = nil }
        return json
    }

    /// What each manager owns, such as `a Apply: .spec.color .spec.tags[="x"]`.
    var owners: [String] {
        object.map(ManagedFields.entries)?.map { entry in
            let fields = entry.fields.paths.map { $0.map(\.description).joined() }.joined(separator: " ")
            return "\(entry.manager) \(entry.operation.rawValue): \(fields)"
        } ?? []
    }
}

@Suite("Server-side apply")
struct ServerSideApplyTests {
    struct Expectation: Sendable {
        var steps: [ApplyHistory.Step]
        var spec: JSONValue
        var owners: [String]
        var conflicts: [String] = []
    }

    typealias Row = Case<Expectation>

    static func row(
        _ name: String, _ steps: [ApplyHistory.Step], _ spec: JSONValue, _ owners: [String], conflicts: [String] = []
    ) -> Row {
        Row(name, Expectation(steps: steps, spec: spec, owners: owners, conflicts: conflicts))
    }

    static func spec(_ fields: JSONValue) -> JSONValue { ["spec": fields] }

    static let scalars: [Row] = [
        row("create", [.apply("a", spec(["color": "red"]))], ["color": "red"], ["a Apply: .spec.color"]),
        row(
            "another value is a conflict", [.apply("a", spec(["color": "red"])), .apply("b", spec(["color": "blue"]))],
            ["color": "red"], ["a Apply: .spec.color"], conflicts: [".spec.color"]),
        row(
            "force takes the field",
            [.apply("a", spec(["color": "red"])), .apply("b", spec(["color": "blue"]), force: true)],
            ["color": "blue"], ["b Apply: .spec.color"]),
        row(
            "force leaves the other fields",
            [.apply("a", spec(["color": "red", "replicas": 2])), .apply("b", spec(["color": "blue"]), force: true)],
            ["color": "blue", "replicas": 2], ["a Apply: .spec.replicas", "b Apply: .spec.color"]),
        row(
            "the same value is shared", [.apply("a", spec(["color": "red"])), .apply("b", spec(["color": "red"]))],
            ["color": "red"], ["a Apply: .spec.color", "b Apply: .spec.color"]),
        row(
            "a shared field stays when one lets go",
            [
                .apply("a", spec(["color": "red"])), .apply("b", spec(["color": "red"])),
                .apply("a", spec(["replicas": 1])),
            ],
            ["color": "red", "replicas": 1], ["b Apply: .spec.color", "a Apply: .spec.replicas"]),
        row(
            "a shared field goes when both let go",
            [
                .apply("a", spec(["color": "red"])), .apply("b", spec(["color": "red", "paused": true])),
                .apply("a", spec(["replicas": 1])),
                .apply("b", spec(["paused": true])),
            ],
            ["replicas": 1, "paused": true], ["a Apply: .spec.replicas", "b Apply: .spec.paused"]),
        row(
            "changing a shared field is a conflict",
            [
                .apply("a", spec(["color": "red"])), .apply("b", spec(["color": "red"])),
                .apply("a", spec(["color": "blue"])),
            ],
            ["color": "red"], ["a Apply: .spec.color", "b Apply: .spec.color"], conflicts: [".spec.color"]),
        row(
            "what is left out is removed",
            [.apply("a", spec(["color": "red", "replicas": 2])), .apply("a", spec(["replicas": 2]))],
            ["replicas": 2], ["a Apply: .spec.replicas"]),
        row(
            "an own field changes freely", [.apply("a", spec(["color": "red"])), .apply("a", spec(["color": "blue"]))],
            ["color": "blue"], ["a Apply: .spec.color"]),
        row(
            "fields of others stay",
            [
                .apply("a", spec(["color": "red"])), .apply("b", spec(["replicas": 2])),
                .apply("a", spec(["color": "blue"])),
            ],
            ["color": "blue", "replicas": 2], ["b Apply: .spec.replicas", "a Apply: .spec.color"]),
    ]

    static let updates: [Row] = [
        row(
            "an update takes what it changes",
            [.apply("a", spec(["color": "red", "replicas": 1])), .patch("u", spec(["color": "blue"]))],
            ["color": "blue", "replicas": 1], ["a Apply: .spec.replicas", "u Update: .spec.color"]),
        row(
            "an update owns nothing that it leaves as it is",
            [.apply("a", spec(["color": "red"])), .update("u", spec(["color": "red", "replicas": 1]))],
            ["color": "red", "replicas": 1], ["a Apply: .spec.color", "u Update: .spec.replicas"]),
        row(
            "an update that removes a field takes it from its owner",
            [.apply("a", spec(["color": "red", "replicas": 1])), .patch("u", spec(["color": .null]))],
            ["replicas": 1], ["a Apply: .spec.replicas"]),
        row(
            "apply after update is a conflict",
            [.update("u", spec(["color": "red"])), .apply("a", spec(["color": "blue"]))],
            ["color": "red"], ["u Update: .spec .spec.color"], conflicts: [".spec.color"]),
        row(
            "apply after update, forced",
            [.update("u", spec(["color": "red"])), .apply("a", spec(["color": "blue"]), force: true)],
            ["color": "blue"], ["a Apply: .spec.color", "u Update: .spec"]),
        row(
            "apply of the same value after update is shared",
            [.update("u", spec(["color": "red"])), .apply("a", spec(["color": "red"]))],
            ["color": "red"], ["a Apply: .spec.color", "u Update: .spec .spec.color"]),
        row(
            "apply and update by one name are two managers",
            [.update("a", spec(["color": "red"])), .apply("a", spec(["color": "blue"]))],
            ["color": "red"], ["a Update: .spec .spec.color"], conflicts: [".spec.color"]),
        row(
            "an applied field that an update changed is a conflict",
            [
                .apply("a", spec(["color": "red"])), .patch("u", spec(["color": "blue"])),
                .apply("a", spec(["color": "red"])),
            ],
            ["color": "blue"], ["u Update: .spec.color"], conflicts: [".spec.color"]),
        row(
            "an updater keeps one entry", [.update("u", spec(["color": "red"])), .patch("u", spec(["replicas": 2]))],
            ["color": "red", "replicas": 2], ["u Update: .spec .spec.color .spec.replicas"]),
    ]

    static let keyedLists: [Row] = [
        row(
            "create elements", [.apply("a", spec(["ports": [["name": "x", "port": 1]]]))],
            ["ports": [["name": "x", "port": 1]]],
            [#"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].name .spec.ports[name="x"].port"#]),
        row(
            "another manager adds an element",
            [.apply("a", spec(["ports": [["name": "x"]]])), .apply("b", spec(["ports": [["name": "y"]]]))],
            ["ports": [["name": "x"], ["name": "y"]]],
            [
                #"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].name"#,
                #"b Apply: .spec.ports[name="y"] .spec.ports[name="y"].name"#,
            ]),
        row(
            "an element that is left out is removed, another manager's stays",
            [
                .apply("a", spec(["ports": [["name": "x"], ["name": "z"]]])),
                .apply("b", spec(["ports": [["name": "y"]]])),
                .apply("a", spec(["ports": [["name": "z"]]])),
            ],
            ["ports": [["name": "z"], ["name": "y"]]],
            [
                #"b Apply: .spec.ports[name="y"] .spec.ports[name="y"].name"#,
                #"a Apply: .spec.ports[name="z"] .spec.ports[name="z"].name"#,
            ]),
        row(
            "two managers in one element",
            [
                .apply("a", spec(["ports": [["name": "x", "port": 1]]])),
                .apply("b", spec(["ports": [["name": "x", "env": [["key": "k"]]]]])),
            ],
            ["ports": [["name": "x", "port": 1, "env": [["key": "k"]]]]],
            [
                #"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].name .spec.ports[name="x"].port"#,
                #"b Apply: .spec.ports[name="x"] .spec.ports[name="x"].env[key="k"] "#
                    + #".spec.ports[name="x"].env[key="k"].key .spec.ports[name="x"].name"#,
            ]),
        row(
            "a shared element loses only what one manager let go of",
            [
                .apply("a", spec(["ports": [["name": "x", "port": 1]]])), .apply("b", spec(["ports": [["name": "x"]]])),
                .apply("a", spec(["color": "red"])),
            ],
            ["color": "red", "ports": [["name": "x"]]],
            [#"b Apply: .spec.ports[name="x"] .spec.ports[name="x"].name"#, "a Apply: .spec.color"]),
        row(
            "an element in which an update has a field stays, with its key",
            [
                .apply("a", spec(["color": "red", "ports": [["name": "x", "port": 1]]])),
                .update("u", spec(["color": "red", "ports": [["name": "x", "port": 2]]])),
                .apply("a", spec(["color": "red"])),
            ],
            ["color": "red", "ports": [["name": "x", "port": 2]]],
            ["a Apply: .spec.color", #"u Update: .spec.ports[name="x"].port"#]),
        row(
            "a conflict within an element",
            [
                .apply("a", spec(["ports": [["name": "x", "port": 1]]])),
                .apply("b", spec(["ports": [["name": "x", "port": 2]]])),
            ],
            ["ports": [["name": "x", "port": 1]]],
            [#"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].name .spec.ports[name="x"].port"#],
            conflicts: [#".spec.ports[name="x"].port"#]),
        row(
            "the applied order wins, strangers stay in between",
            [
                .apply("a", spec(["ports": [["name": "x"], ["name": "y"]]])),
                .update("u", spec(["ports": [["name": "x"], ["name": "s"], ["name": "y"]]])),
                .apply("a", spec(["ports": [["name": "y"], ["name": "x"]]])),
            ],
            ["ports": [["name": "s"], ["name": "y"], ["name": "x"]]],
            [
                #"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].name "#
                    + #".spec.ports[name="y"] .spec.ports[name="y"].name"#,
                #"u Update: .spec.ports[name="s"] .spec.ports[name="s"].name"#,
            ]),
        row(
            "a key with a default",
            [
                .update("u", spec(["endpoints": [["port": 1, "protocol": "TCP"]]])),
                .apply("a", spec(["endpoints": [["port": 1, "host": "h"]]])),
            ],
            ["endpoints": [["port": 1, "protocol": "TCP", "host": "h"]]],
            [
                #"a Apply: .spec.endpoints[port=1,protocol="TCP"] .spec.endpoints[port=1,protocol="TCP"].host "#
                    + #".spec.endpoints[port=1,protocol="TCP"].port"#,
                #"u Update: .spec .spec.endpoints .spec.endpoints[port=1,protocol="TCP"] "#
                    + #".spec.endpoints[port=1,protocol="TCP"].port .spec.endpoints[port=1,protocol="TCP"].protocol"#,
            ]),
        row(
            "the last element takes the list along",
            [.apply("a", spec(["color": "red", "ports": [["name": "x"]]])), .apply("a", spec(["color": "red"]))],
            ["color": "red"], ["a Apply: .spec.color"]),
        row(
            "a list within an element",
            [
                .apply("a", spec(["ports": [["name": "x", "env": [["key": "k", "value": "1"], ["key": "l"]]]]])),
                .apply("a", spec(["ports": [["name": "x", "env": [["key": "k", "value": "2"]]]]])),
            ],
            ["ports": [["name": "x", "env": [["key": "k", "value": "2"]]]]],
            [
                #"a Apply: .spec.ports[name="x"] .spec.ports[name="x"].env[key="k"] "#
                    + #".spec.ports[name="x"].env[key="k"].key .spec.ports[name="x"].env[key="k"].value "#
                    + #".spec.ports[name="x"].name"#
            ]),
    ]

    static let otherForms: [Row] = [
        row(
            "set", [.apply("a", spec(["tags": ["x", "y"]]))], ["tags": ["x", "y"]],
            [#"a Apply: .spec.tags[="x"] .spec.tags[="y"]"#]),
        row(
            "two managers of a set", [.apply("a", spec(["tags": ["x"]])), .apply("b", spec(["tags": ["y", "x"]]))],
            ["tags": ["y", "x"]], [#"a Apply: .spec.tags[="x"]"#, #"b Apply: .spec.tags[="x"] .spec.tags[="y"]"#]),
        row(
            "an element leaves a set",
            [
                .apply("a", spec(["tags": ["x", "z"]])), .apply("b", spec(["tags": ["y"]])),
                .apply("a", spec(["tags": ["z"]])),
            ],
            ["tags": ["z", "y"]], [#"b Apply: .spec.tags[="y"]"#, #"a Apply: .spec.tags[="z"]"#]),
        row(
            "an atomic list has one owner", [.apply("a", spec(["args": ["x"]])), .apply("b", spec(["args": ["y"]]))],
            ["args": ["x"]], ["a Apply: .spec.args"], conflicts: [".spec.args"]),
        row(
            "an atomic list is replaced",
            [.apply("a", spec(["args": ["x", "y"]])), .apply("a", spec(["args": ["z"]]))],
            ["args": ["z"]], ["a Apply: .spec.args"]),
        row(
            "an atomic map has one owner",
            [.apply("a", spec(["selector": ["x": "1"]])), .apply("b", spec(["selector": ["y": "1"]]))],
            ["selector": ["x": "1"]], ["a Apply: .spec.selector"], conflicts: [".spec.selector"]),
        row(
            "an atomic map is replaced",
            [.apply("a", spec(["selector": ["x": "1"]])), .apply("a", spec(["selector": ["y": "1"]]))],
            ["selector": ["y": "1"]], ["a Apply: .spec.selector"]),
        row(
            "the keys of a map have owners",
            [.apply("a", spec(["limits": ["x": "1"]])), .apply("b", spec(["limits": ["y": "1"]]))],
            ["limits": ["x": "1", "y": "1"]], ["a Apply: .spec.limits.x", "b Apply: .spec.limits.y"]),
        row(
            "a key leaves a map",
            [.apply("a", spec(["limits": ["x": "1", "y": "2"]])), .apply("a", spec(["limits": ["y": "2"]]))],
            ["limits": ["y": "2"]], ["a Apply: .spec.limits.y"]),
        row(
            "an empty map is owned",
            [
                .apply("a", spec(["limits": [:]])), .apply("b", spec(["limits": ["x": "1"]])),
                .apply("b", spec(["color": "red"])),
            ],
            ["color": "red", "limits": [:]], ["a Apply: .spec.limits", "b Apply: .spec.color"]),
        row(
            "nested fields",
            [
                .apply("a", spec(["nested": ["a": "1", "b": ["c": "2"]]])),
                .apply("b", spec(["nested": ["b": ["c": "3"]]])),
            ],
            ["nested": ["a": "1", "b": ["c": "2"]]], ["a Apply: .spec.nested.a .spec.nested.b.c"],
            conflicts: [".spec.nested.b.c"]),
        row(
            "an object that empties goes",
            [.apply("a", spec(["color": "red", "nested": ["b": ["c": "2"]]])), .apply("a", spec(["color": "red"]))],
            ["color": "red"], ["a Apply: .spec.color"]),
        row(
            "an object that others are in stays",
            [
                .apply("a", spec(["color": "red", "nested": ["b": ["c": "2"]]])),
                .apply("b", spec(["nested": ["a": "1"]])), .apply("a", spec(["color": "red"])),
            ],
            ["color": "red", "nested": ["a": "1"]], ["b Apply: .spec.nested.a", "a Apply: .spec.color"]),
        row(
            "objects without a schema have fields, their lists are atomic",
            [.apply("a", spec(["extra": ["x": ["y": 1]]])), .apply("b", spec(["extra": ["x": ["z": [1, 2]]]]))],
            ["extra": ["x": ["y": 1, "z": [1, 2]]]],
            ["a Apply: .spec.extra.x .spec.extra.x.y", "b Apply: .spec.extra.x .spec.extra.x.z"]),
        row(
            "a value changes its type",
            [.apply("a", spec(["extra": ["x": 1]])), .apply("b", spec(["extra": "text"]), force: true)],
            ["extra": "text"], ["b Apply: .spec.extra"]),
    ]

    @Test("history", arguments: scalars + updates + keyedLists + otherForms)
    func history(_ row: Row) throws {
        let history = try ApplyHistory(row.value.steps)
        #expect(history.parts["spec"] == row.value.spec)
        #expect(history.owners == row.value.owners)
        #expect(history.conflict?.causes.map(\.field) ?? [] == row.value.conflicts)
    }

    @Test("applying the same again changes nothing, times included", arguments: scalars + keyedLists + otherForms)
    func noOperation(_ row: Row) throws {
        guard row.value.conflicts.isEmpty, let last = row.value.steps.last else { return }
        var history = try ApplyHistory(row.value.steps)
        let before = history.object
        try history.run(last)
        #expect(history.object == before)
    }

    @Test("only the entry of the manager that changes gets a new time")
    func times() throws {
        let history = try ApplyHistory([
            .apply("a", Self.spec(["color": "red"])), .apply("b", Self.spec(["replicas": 1])),
            .apply("a", Self.spec(["color": "red"])), .apply("b", Self.spec(["replicas": 2])), .patch("u", [:]),
        ])
        let times = try #require(history.object.map(ManagedFields.entries)).map { ($0.manager, $0.time) }
        #expect(times.map(\.0) == ["a", "b"])
        #expect(times.map(\.1) == [moment(1), moment(4)])
    }
}
