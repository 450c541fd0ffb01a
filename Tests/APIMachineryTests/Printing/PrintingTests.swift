import APIMachinery
import CorbelAPI
import Testing

@Suite("Human durations")
struct HumanDurationTests {
    @Test(
        "prints as kubectl does",
        arguments: [
            (-5, "<invalid>"), (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (30, "30s"), (119, "119s"), (120, "2m"),
            (312, "5m12s"), (599, "9m59s"),
            (600, "10m"), (659, "10m"), (10_799, "179m"), (10_800, "3h"), (12_000, "3h20m"), (28_799, "7h59m"),
            (28_800, "8h"),
            (172_799, "47h"), (172_800, "2d"), (363_600, "4d5h"), (691_199, "7d23h"), (691_200, "8d"),
            (63_071_999, "729d"),
            (63_072_000, "2y"), (63_936_000, "2y10d"), (252_288_000, "8y"), (300_000_000, "9y"),
        ] as [(Int64, String)])
    func prints(_ seconds: Int64, _ text: String) {
        #expect(HumanDuration.text(.seconds(seconds)) == text)
    }

    @Test("less than two seconds into the future is now")
    func future() {
        #expect(HumanDuration.text(.milliseconds(-1500)) == "0s")
        #expect(HumanDuration.text(.milliseconds(-500)) == "0s")
    }
}

@Suite("Tables")
struct TableTests {
    static let object = Widget.stored([
        "metadata": ["creationTimestamp": .string(moment(0).rfc3339)],
        "spec": ["color": "red", "replicas": 3, "ports": [["name": "a"], ["name": "b"]], "tags": ["x", "y"]],
        "status": ["replicas": 2, "conditions": [["type": "Ready", "status": "True"]]],
    ])

    static func printer(_ include: IncludeObject = .metadata) -> TablePrinter {
        TablePrinter(definition: Widget.definition, now: moment(312), includeObject: include)
    }

    @Test("cells come from every source")
    func cells() {
        let table = Self.printer().table(of: [Self.object])
        #expect(table["rows"]?.arrayValue?.first?["cells"] == ["w", "red", 3, "True", 2, "2/3", "x,y", "5m12s"])
    }

    @Test("what is missing is null or zero")
    func missing() {
        let table = Self.printer().table(of: [Widget.object()])
        #expect(table["rows"]?.arrayValue?.first?["cells"] == ["w", .null, .null, .null, 0, "0/0", .null, .null])
    }

    @Test("a moment that cannot be read is invalid")
    func invalidAge() {
        let table = Self.printer().table(of: [Widget.object(["metadata": ["creationTimestamp": "x"]])])
        #expect(table["rows"]?.arrayValue?.first?["cells"]?.arrayValue?.last == "<invalid>")
    }

    @Test("columns start with the name")
    func columns() {
        let table = Self.printer().table(of: [], listMetadata: ["resourceVersion": "5"])
        let columns = table["columnDefinitions"]?.arrayValue ?? []
        #expect(columns.map { $0["name"] } == ["Name", "Color", "Replicas", "Ready", "Ports", "Up", "Tags", "Age"])
        #expect(columns.map { $0["priority"] } == [0, 0, 0, 0, 0, 1, 0, 0])
        #expect(columns.first?["format"] == "name")
        #expect(table["kind"] == "Table")
        #expect(table["apiVersion"] == "meta.k8s.io/v1")
        #expect(table["metadata", "resourceVersion"] == "5")
        #expect(Self.printer().table(of: [], includesColumns: false)["columnDefinitions"] == [])
    }

    @Test("rows carry what is asked for")
    func includeObject() throws {
        func object(_ include: IncludeObject) -> JSONValue? {
            Self.printer(include).table(of: [Self.object])["rows"]?.arrayValue?.first?["object"]
        }
        #expect(object(.none) == nil)
        #expect(object(.metadata)?["kind"] == "PartialObjectMetadata")
        #expect(object(.metadata)?["spec"] == nil)
        #expect(object(.object) == Self.object.json)
        #expect(try IncludeObject(parameter: nil) == .metadata)
        #expect(try IncludeObject(parameter: "Object") == .object)
        #expect(failure { try IncludeObject(parameter: "All") }?.reason == .badRequest)
    }

    @Test("lists of metadata")
    func partialList() {
        let list = PartialObjectMetadata.list([Self.object], metadata: ["resourceVersion": "9"])
        #expect(list["kind"] == "PartialObjectMetadataList")
        #expect(list["items"]?.arrayValue?.first?["metadata", "name"] == "w")
    }
}
