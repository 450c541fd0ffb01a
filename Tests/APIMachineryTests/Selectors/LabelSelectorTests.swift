import APIMachinery
import CorbelAPI
import Testing

@Suite("Label selectors")
struct LabelSelectorTests {
    static let labels = ["a": "b", "c": "x", "e": "y", "g": "", "example.dev/k": "v"]

    @Test(
        "matches",
        arguments: [
            ("", true), ("a=b", true), ("a==b", true), ("a = b", true), ("a=c", false), ("a!=b", false), ("a!=c", true),
            ("zz!=c", true),
            ("e in (x,y)", true), ("e in (x, z)", false), ("zz in (x)", false), ("e notin (x,z)", true),
            ("e notin (y)", false),
            ("zz notin (y)", true), ("g", true), ("zz", false), ("!zz", true), ("!g", false), ("g=", true),
            ("g in ()", true),
            ("a=b,c!=d,e in (x,y),c notin (z),g,!h", true), ("a=b,!g", false), ("example.dev/k=v", true),
            ("in", false), ("notin in (x)", false),
        ])
    func matches(_ text: String, _ expected: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(Self.labels) == expected)
    }

    @Test(
        "refuses",
        arguments: [
            "a=b=c", "a b", "=b", "a in", "a in x", "a in (x", "a,", "!", "a>1", "a=b,,c", "-a=b", "a=-b", "a/b/c=d",
            "/a=b", "a=" + String(repeating: "x", count: 64),
        ])
    func refuses(_ text: String) {
        #expect(failure { try LabelSelector(parsing: text) }?.reason == .badRequest)
    }

    @Test("prints the form that it reads", arguments: ["a=b,c!=d", "e in (x,y),f notin (y,z)", "g,!h"])
    func prints(_ text: String) throws {
        #expect(try LabelSelector(parsing: text).description == text)
    }

    typealias Row = Case<(selector: JSONValue, expected: Bool)>

    static let rows: [Row] = [
        Row("empty selects everything", ([:], true)),
        Row("matchLabels", (["matchLabels": ["a": "b", "c": "x"]], true)),
        Row("matchLabels all must hold", (["matchLabels": ["a": "b", "c": "y"]], false)),
        Row("In", (["matchExpressions": [["key": "e", "operator": "In", "values": ["x", "y"]]]], true)),
        Row("NotIn", (["matchExpressions": [["key": "e", "operator": "NotIn", "values": ["y"]]]], false)),
        Row(
            "NotIn of what is missing",
            (["matchExpressions": [["key": "zz", "operator": "NotIn", "values": ["y"]]]], true)),
        Row("Exists", (["matchExpressions": [["key": "g", "operator": "Exists"]]], true)),
        Row("DoesNotExist", (["matchExpressions": [["key": "g", "operator": "DoesNotExist"]]], false)),
    ]

    @Test("matches the object form", arguments: rows)
    func matchesObjects(_ row: Row) throws {
        #expect(
            try LabelSelector(object: row.value.selector, at: "spec.selector").matches(Self.labels)
                == row.value.expected)
    }

    @Test(
        "refuses the object form",
        arguments: [
            (["matchLabels": ["a": 1]], "spec.selector.matchLabels[a]"),
            ([], "spec.selector"), (["matchLabels": []], "spec.selector.matchLabels"),
            (["matchExpressions": [:]], "spec.selector.matchExpressions"),
            (["matchLabels": ["-a": "b"]], "spec.selector"),
            (["matchExpressions": [["operator": "Exists"]]], "spec.selector.matchExpressions[0].key"),
            (["matchExpressions": [["key": "a", "operator": "Like"]]], "spec.selector.matchExpressions[0].operator"),
            (["matchExpressions": [["key": "a", "operator": "In"]]], "spec.selector.matchExpressions[0].values"),
            (
                ["matchExpressions": [["key": "a", "operator": "Exists", "values": ["b"]]]],
                "spec.selector.matchExpressions[0].values"
            ),
        ] as [(JSONValue, String)])
    func refusesObjects(_ selector: JSONValue, _ field: String) {
        let error = #expect(throws: FieldErrors.self) { try LabelSelector(object: selector, at: "spec.selector") }
        #expect(error?.errors.map(\.field) == [field])
    }

    @Test("nothing matches nothing")
    func nothing() {
        #expect(!LabelSelector.nothing.matches([:]))
        #expect(LabelSelector.everything.matches([:]))
    }
}

@Suite("Field selectors")
struct FieldSelectorTests {
    static let object = Widget.object(["spec": ["color": "red", "replicas": 3]])

    @Test(
        "matches",
        arguments: [
            ("", true), ("metadata.name=w", true), ("metadata.name==w", true), ("metadata.name!=w", false),
            ("metadata.name=w,metadata.namespace=other", false), ("spec.color=red", true), ("spec.replicas=3", true),
            ("spec.color!=blue,spec.replicas!=3", false), ("metadata.name=", false), (#"metadata.name!=a\,b"#, true),
        ])
    func matches(_ text: String, _ expected: Bool) throws {
        #expect(try FieldSelector(parsing: text, for: Widget.definition).matches(Self.object) == expected)
    }

    @Test("a field that is not there is empty")
    func missing() throws {
        #expect(try FieldSelector(parsing: "spec.color=", for: Widget.definition).matches(Widget.object()))
    }

    @Test("unescapes values")
    func escapes() throws {
        let selector = try FieldSelector(parsing: #"spec.color=a\,b\=c\\d"#, for: Widget.definition)
        #expect(selector.exactValue(of: ["spec", "color"]) == #"a,b=c\d"#)
    }

    @Test("knows the one name that is asked for")
    func exactValue() throws {
        let selector = try FieldSelector(parsing: "metadata.name=w,spec.color!=red", for: Widget.definition)
        #expect(selector.exactValue(of: ["metadata", "name"]) == "w")
        #expect(selector.exactValue(of: ["spec", "color"]) == nil)
    }

    @Test("refuses a field that the kind cannot be selected by")
    func unsupported() {
        let error = failure { try FieldSelector(parsing: "spec.foo=1", for: Widget.definition) }
        #expect(error?.reason == .badRequest)
        #expect(error?.message == "field label not supported: spec.foo")
        #expect(failure { try FieldSelector(parsing: "metadata.namespace=x", for: Widget.clusterScoped) } != nil)
    }

    @Test(
        "refuses what it cannot read", arguments: ["metadata.name", "=x", "metadata.name=a=b", #"metadata.name=a\b"#])
    func malformed(_ text: String) {
        #expect(failure { try FieldSelector(parsing: text, for: Widget.definition) }?.reason == .badRequest)
    }
}
